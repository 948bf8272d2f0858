import { crashPoint } from '@fairlead/messaging';
import { type createDataSource, inTransaction, type Query, queryOf } from '@fairlead/persistence';
import { openKeyDatabase } from './key-database.js';
import { refuseAnotherMasterKey } from './master-key-in-force.js';
import {
  addMasterKey,
  dropOlderMasterKeys,
  type MasterKeys,
  readMasterKeyFile,
  readMasterKeyring,
  versionsOf,
} from './master-keys.js';
import type { PersonalDataSettings } from './personal-data.module.js';

/** Some 20 ms of work; whoever makes a key of the same leads waits no longer. */
const BATCH = 1_000;

export interface RotationStatus {
  /** The version that wraps. */
  readonly newest: number;
  /** Versions that are in the file besides. */
  readonly older: readonly number[];
  /** How many keys of leads are wrapped by each version. */
  readonly leadKeys: Readonly<Record<number, number>>;
}

interface WrappedRow {
  readonly lead_id: string;
  readonly version: number;
  readonly master: number;
  readonly wrapped: Buffer;
}

/**
 * Replaces the master key while everything runs: a new one is added to the file, the keys of leads are wrapped anew, and the old one
 * goes when nothing is wrapped by it. What is sealed stays as it is, in every event, since the keys of leads stay. Each step
 * may be done again: after a kill the next run goes on where the last one was.
 */
export class MasterKeyRotation {
  readonly #query: Query;

  constructor(
    private readonly dataSource: ReturnType<typeof createDataSource>,
    private readonly file: string,
    private readonly master: MasterKeys,
  ) {
    this.#query = queryOf(dataSource);
  }

  async status(): Promise<RotationStatus> {
    const rows = await this.#query<{ master: number; count: number }>(
      `SELECT master, count(*)::float8 AS count FROM lead_keys WHERE wrapped IS NOT NULL GROUP BY master ORDER BY master`,
    );
    const versions = versionsOf(readMasterKeyring(this.file).keys);
    return {
      newest: versions.at(-1) as number,
      older: versions.slice(0, -1),
      leadKeys: Object.fromEntries(rows.map(({ master, count }) => [master, count])),
    };
  }

  /** Adds a master key, unless a rotation was begun that has not ended: then that one goes on. @returns the one that wraps */
  begin(): number {
    const versions = versionsOf(readMasterKeyring(this.file).keys);
    const version = versions.length > 1 ? (versions.at(-1) as number) : addMasterKey(this.file);
    this.master.lookNow();
    return version;
  }

  /** Wraps by the newest master key what others wrap. @returns how many there were */
  async rewrap(onProgress: (rewrapped: number) => void = () => undefined): Promise<number> {
    let rewrapped = 0;
    for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
      const { master, wrap } = this.master.wrapping();
      const rows = await this.#query<WrappedRow>(
        `SELECT lead_id, version, master, wrapped FROM lead_keys
         WHERE wrapped IS NOT NULL AND master <> $1 AND lead_id > $2 ORDER BY lead_id LIMIT $3`,
        [master, after, BATCH],
      );
      const last = rows.at(-1);
      if (!last) return rewrapped;
      after = last.lead_id;
      await this.#query(
        // One that was erased meanwhile has nothing to be wrapped, and stays erased.
        `UPDATE lead_keys SET master = $1, wrapped = renewed.wrapped
         FROM unnest($2::uuid[], $3::integer[], $4::bytea[]) AS renewed (lead_id, before, wrapped)
         WHERE lead_keys.lead_id = renewed.lead_id AND lead_keys.master = renewed.before AND lead_keys.wrapped IS NOT NULL`,
        [
          master,
          rows.map(({ lead_id }) => lead_id),
          rows.map((row) => row.master),
          rows.map((row) =>
            wrap(this.master.unwrap(row.wrapped, row.lead_id, row.version, row.master), row.lead_id, row.version),
          ),
        ],
      );
      rewrapped += rows.length;
      onProgress(rewrapped);
      crashPoint('master-key.rewrapped');
    }
  }

  /**
   * Takes the older master keys out of the file, if nothing is wrapped by them; from then on nobody can wrap by them.
   * @returns the versions that are gone; undefined when something is wrapped by them still, or again
   */
  async retire(): Promise<number[] | undefined> {
    const { newest } = this.master;
    const isFree = await inTransaction(this.dataSource, async (query) => {
      // Waits for whoever is making keys, and keeps others from it, so that none is made between the look and the fence.
      await query('LOCK TABLE lead_keys IN SHARE ROW EXCLUSIVE MODE');
      const left = await query('SELECT 1 FROM lead_keys WHERE wrapped IS NOT NULL AND master <> $1 LIMIT 1', [newest]);
      if (left.length > 0) return false;
      await query('UPDATE master_key_in_force SET oldest = greatest(oldest, $1)', [newest]);
      return true;
    });
    crashPoint('master-key.retired');
    return isFree ? dropOlderMasterKeys(this.file) : undefined;
  }
}

/** For the command that rotates. @throws MasterKeyUnusable that says what to do */
export async function openMasterKeyRotation(
  settings: PersonalDataSettings,
): Promise<{ rotation: MasterKeyRotation; close: () => Promise<void> }> {
  const { masterKeyFile } = settings;
  const master = readMasterKeyFile(masterKeyFile);
  const dataSource = await openKeyDatabase(settings);
  try {
    await refuseAnotherMasterKey(queryOf(dataSource), master, masterKeyFile);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  return { rotation: new MasterKeyRotation(dataSource, masterKeyFile, master), close: () => dataSource.destroy() };
}

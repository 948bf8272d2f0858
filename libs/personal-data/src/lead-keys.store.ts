import type { Query } from '@fairlead/persistence';
import { KEY_BYTES } from './aes-gcm.js';
import { MasterKeyUnusable } from './errors.js';
import type { MasterKeys } from './master-keys.js';
import { randomOnce } from './random.js';

export interface LeadKey {
  readonly version: number;
  readonly key: Buffer;
}

export type FoundKey = LeadKey | 'erased';

interface KeyRow {
  readonly lead_id: string;
  readonly version: number;
  readonly master: number;
  readonly wrapped: Buffer | null;
}

interface MadeKey {
  readonly key: Buffer;
  readonly wrapped: Buffer;
}

/** A lead's key is made once; the column is there so that a later way of sealing can tell its keys apart. */
const FIRST_VERSION = 1;

/** The keys of leads, in their database. Whatever the number of leads, one statement, or two where some are known. */
export class LeadKeysStore {
  constructor(
    private readonly query: Query,
    private readonly master: MasterKeys,
  ) {}

  /** The keys of these leads; those that have none get one, unless they were erased. Committed when it returns. */
  async findOrMake(leadIds: readonly string[]): Promise<Map<string, FoundKey>> {
    const found = await this.#findOrMake(leadIds);
    if (found.size === new Set(leadIds).size) return found;
    // None were made: a newer master key is in force, which this process has not read yet.
    this.master.lookNow();
    const again = await this.#findOrMake(leadIds);
    if (again.size < new Set(leadIds).size)
      throw new MasterKeyUnusable(
        `version ${this.master.newest} of the master key is retired: the master key file of this process is out of date`,
      );
    return again;
  }

  async #findOrMake(leadIds: readonly string[]): Promise<Map<string, FoundKey>> {
    const { master, wrap } = this.master.wrapping();
    const made = new Map(
      leadIds.map((leadId) => {
        const key = randomOnce(KEY_BYTES);
        return [leadId, { key, wrapped: wrap(key, leadId, FIRST_VERSION) }];
      }),
    );
    // Ordered, so that two processes that make keys of the same leads wait for one another rather than deadlock.
    const [row] = await this.query<{ count: number }>(
      `WITH made AS (
         INSERT INTO lead_keys (lead_id, version, master, wrapped)
         SELECT lead_id, $3, $4, wrapped FROM unnest($1::uuid[], $2::bytea[]) AS arriving (lead_id, wrapped)
         WHERE $4 >= (SELECT oldest FROM master_key_in_force) ORDER BY lead_id
         ON CONFLICT (lead_id) DO NOTHING RETURNING 1
       )
       SELECT count(*)::int FROM made`,
      [[...made.keys()], [...made.values()].map(({ wrapped }) => wrapped), FIRST_VERSION, master],
    );
    // Most leads are new, and then there is nothing to read that is not known here.
    if (row?.count === made.size)
      return new Map([...made].map(([leadId, { key }]) => [leadId, { version: FIRST_VERSION, key }]));
    // A statement of its own: it sees also what another process made while the one before waited for it.
    return this.find([...made.keys()], made);
  }

  /** @param made  keys that were just made, as they were wrapped: those need not be unwrapped */
  async find(leadIds: readonly string[], made?: ReadonlyMap<string, MadeKey>): Promise<Map<string, FoundKey>> {
    const rows = await this.query<KeyRow>(
      'SELECT lead_id, version, master, wrapped FROM lead_keys WHERE lead_id = ANY ($1::uuid[])',
      [leadIds],
    );
    return this.open(rows, made);
  }

  /** Deletes the keys for good, and sees to it that no new ones are made. */
  async erase(leadIds: readonly string[]): Promise<void> {
    await this.query(
      `INSERT INTO lead_keys (lead_id, version, master, wrapped, erased_at)
       SELECT lead_id, $2, $3, NULL, now() FROM unnest($1::uuid[]) AS lead_id ORDER BY lead_id
       ON CONFLICT (lead_id) DO UPDATE SET wrapped = NULL, erased_at = coalesce(lead_keys.erased_at, now())`,
      [[...new Set(leadIds)], FIRST_VERSION, this.master.newest],
    );
  }

  private open(rows: readonly KeyRow[], made: ReadonlyMap<string, MadeKey> = new Map()): Map<string, FoundKey> {
    return new Map(
      rows.map(({ lead_id: leadId, version, master, wrapped }): [string, FoundKey] => {
        if (wrapped === null) return [leadId, 'erased'];
        const ours = made.get(leadId);
        const key = ours?.wrapped.equals(wrapped) ? ours.key : this.master.unwrap(wrapped, leadId, version, master);
        return [leadId, { version, key }];
      }),
    );
  }
}

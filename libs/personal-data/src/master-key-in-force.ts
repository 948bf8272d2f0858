import type { Query } from '@fairlead/persistence';
import { MasterKeyUnusable, SealBroken } from './errors.js';
import type { MasterKeys } from './master-keys.js';

/** Some milliseconds of work, once. Several, for a database of which a part can no longer be opened as it is. */
const TRIED = 100;

interface Wrapped {
  readonly lead_id: string;
  readonly version: number;
  readonly master: number;
  readonly wrapped: Buffer;
}

/**
 * Ties the key database to one master key, whatever versions that goes through. With another one every lead that is there would
 * be lost from sight without a word: no hash would find it, and what it has sealed would not open.
 * @throws MasterKeyUnusable
 */
export async function refuseAnotherMasterKey(query: Query, master: MasterKeys, file: string): Promise<void> {
  const mine = master.derive('fingerprint');
  let known = await fingerprint(query);
  if (!known) {
    // New, or of a time before fingerprints were kept: then what is wrapped has to prove it.
    if (!(await opensAny(query, master))) throw another(file);
    await query('UPDATE master_key_in_force SET fingerprint = $1 WHERE fingerprint IS NULL', [mine]);
    known = await fingerprint(query);
  }
  if (!known?.equals(mine)) throw another(file);
}

async function fingerprint(query: Query): Promise<Buffer | null> {
  const [row] = await query<{ fingerprint: Buffer | null }>('SELECT fingerprint FROM master_key_in_force');
  return row?.fingerprint ?? null;
}

async function opensAny(query: Query, master: MasterKeys): Promise<boolean> {
  const rows = await query<Wrapped>(
    'SELECT lead_id, version, master, wrapped FROM lead_keys WHERE wrapped IS NOT NULL ORDER BY lead_id LIMIT $1',
    [TRIED],
  );
  return rows.length === 0 || rows.some((row) => opens(row, master));
}

function opens(row: Wrapped, master: MasterKeys): boolean {
  try {
    master.unwrap(row.wrapped, row.lead_id, row.version, row.master);
    return true;
  } catch (error) {
    if (error instanceof SealBroken || error instanceof MasterKeyUnusable) return false;
    throw error;
  }
}

function another(file: string): MasterKeyUnusable {
  return new MasterKeyUnusable(
    `the master key in ${file} is not the one that the key database belongs to: put back the file that was used with it, or name the key database that belongs to this one`,
  );
}

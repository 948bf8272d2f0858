import { openCheckpoint, readBundle, TILE_WIDTH, tilePath, type Verifier, widthOf } from '@fairlead/transparency-log';
import type { Api } from '../api/client.js';

/** The entries of the running system's log from that index on, below its newest checkpoint. They are not proven to be under it: whoever must not trust the
 * system verifies an export. */
export async function fetchEntries(api: Api, log: Verifier, from: number): Promise<Buffer[]> {
  const { size } = openCheckpoint(await api.read('/log/checkpoint'), log);
  const found: Buffer[] = [];
  for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < size && from < size; index++) {
    const name = { level: 'entries' as const, index, width: widthOf({ level: 'entries', index }, size) };
    const entries = readBundle(await api.read(`/log/${tilePath(name)}`), name.width);
    found.push(...entries.slice(Math.max(0, from - index * TILE_WIDTH)));
  }
  return found;
}

// Small logs as a sequencer would write them.
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { signCheckpoint } from '../src/checkpoint.js';
import { leafHash } from '../src/hashing.js';
import { TILE_WIDTH, tilePath, writeBundle } from '../src/layout.js';
import { readVerifierKey, signerOf, verifierKey } from '../src/signed-note.js';
import type { LogStorage } from '../src/storage.js';
import { type Tile, TiledTree } from '../src/tree.js';

export interface Keys {
  readonly origin: string;
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export function newKeys(origin = 'log.example/fairlead'): Keys {
  return { origin, ...generateKeyPairSync('ed25519') };
}

export function verifierOf({ origin, publicKey }: Keys) {
  return readVerifierKey(verifierKey(origin, publicKey));
}

/** Writes a log with these entries, and a checkpoint at each of these sizes; the last one is its own. */
export async function writeLog(
  storage: LogStorage,
  keys: Keys,
  entries: Iterable<Buffer>,
  sizes: readonly number[],
): Promise<void> {
  const signer = signerOf(keys.origin, keys.privateKey);
  const full: Tile[] = [];
  const tree = new TiledTree((tile) => full.push(tile));
  let bundle: Buffer[] = [];
  const checkpoint = async () => {
    for (const tile of tree.partialTiles()) await storage.write(tilePath(tile), tile.bytes);
    const index = Math.floor(tree.size / TILE_WIDTH);
    if (bundle.length > 0)
      await storage.write(tilePath({ level: 'entries', index, width: bundle.length }), writeBundle(bundle));
    const note = Buffer.from(signCheckpoint({ origin: keys.origin, size: tree.size, root: tree.root() }, signer));
    await storage.write(`checkpoints/${tree.size}`, note);
    await storage.write('checkpoint', note);
  };
  if (sizes.includes(0)) await checkpoint();
  for (const entry of entries) {
    bundle.push(entry);
    tree.append(leafHash(entry));
    if (bundle.length === TILE_WIDTH) {
      const index = tree.size / TILE_WIDTH - 1;
      await storage.write(tilePath({ level: 'entries', index, width: TILE_WIDTH }), writeBundle(bundle));
      bundle = [];
    }
    for (const tile of full.splice(0)) await storage.write(tilePath(tile), tile.bytes);
    if (sizes.includes(tree.size)) await checkpoint();
  }
}

export function* sampleEntries(count: number, said = 'entry'): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.from(`{"${said}":${index}}`);
}

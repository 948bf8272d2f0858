// Small logs, written as a sequencer writes them.
import { signCheckpoint } from '../src/checkpoint.js';
import { leafHash } from '../src/hashing.js';
import { CHECKPOINT, CHECKPOINTS, TILE_WIDTH, tilePath, VERIFIER_KEY, writeBundle } from '../src/layout.js';
import { generateSigner, type Signer, verifierKey } from '../src/signed-note.js';
import type { LogStorage } from '../src/storage.js';
import { type Tile, TiledTree } from '../src/tree.js';

export function newSigner(name = 'log.example/fairlead'): Signer {
  return generateSigner(name);
}

/** Writes a log with these entries, and a checkpoint at each of these sizes, ascending; the last one is its own. */
export async function writeLog(
  storage: LogStorage,
  signer: Signer,
  entries: Iterable<Buffer>,
  sizes: readonly number[],
): Promise<void> {
  await storage.write(VERIFIER_KEY, Buffer.from(`${verifierKey(signer)}\n`));
  const full: Tile[] = [];
  const tree = new TiledTree((tile) => full.push(tile));
  const bundles = new Map<number, Buffer[]>();
  const bundle = (index: number) => bundles.get(index) ?? bundles.set(index, []).get(index) ?? [];
  const toCome = [...sizes];

  async function publish(): Promise<void> {
    for (const [index, entries] of bundles) {
      if (entries.length === 0) continue;
      const path = tilePath({ level: 'entries', index, width: entries.length });
      await storage.writeOnce(path, writeBundle(entries));
      if (entries.length === TILE_WIDTH) bundles.delete(index);
    }
    for (const tile of [...full.splice(0), ...tree.partialTiles()]) await storage.writeOnce(tilePath(tile), tile.bytes);
  }

  async function check(): Promise<void> {
    if (toCome[0] !== tree.size) return;
    toCome.shift();
    await publish();
    const note = Buffer.from(signCheckpoint({ size: tree.size, root: tree.root() }, signer));
    await storage.writeOnce(`${CHECKPOINTS}/${tree.size}`, note);
    await storage.write(CHECKPOINT, note);
  }

  await check();
  for (const entry of entries) {
    bundle(Math.floor(tree.size / TILE_WIDTH)).push(entry);
    tree.append(leafHash(entry));
    await check();
  }
}

export function* sampleEntries(count: number, said = 'entry'): Generator<Buffer> {
  for (let index = 0; index < count; index++) yield Buffer.from(`{"${said}":${index}}`);
}

export function sampleEntry(index: number): Buffer {
  return Buffer.from(`{"entry":${index}}`);
}

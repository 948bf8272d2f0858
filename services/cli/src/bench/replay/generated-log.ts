import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  CHECKPOINT,
  CHECKPOINTS,
  generateSigner,
  leafHash,
  signCheckpoint,
  TILE_WIDTH,
  TiledTree,
  tilePath,
  VERIFIER_KEY,
  verifierKey,
  writeBundle,
} from '@fairlead/transparency-log';
import { simulatedVendor } from './simulated-vendor.js';

/** As many as a vendor with so large a log may have published since its last export. */
const ENTRIES_OF_A_CHECKPOINT = 10_000;

/**
 * Writes a simulated vendor's log into a folder, as an export would be: signed with a key that nobody keeps. The checkpoint
 * comes last: without one, it was not finished.
 */
export function generateLog(folder: string, size: number, onProgress: (entries: number) => void): void {
  const write = (path: string, content: Uint8Array | string): void => {
    const file = join(folder, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content);
  };
  const signer = generateSigner('bench.fairlead.example');
  const tree = new TiledTree((tile) => write(tilePath(tile), tile.bytes));
  let bundle: Buffer[] = [];
  const writeEntries = (): void => {
    const index = Math.ceil(tree.size / TILE_WIDTH) - 1;
    write(tilePath({ level: 'entries', index, width: bundle.length }), writeBundle(bundle));
    bundle = [];
  };
  for (const event of simulatedVendor()) {
    if (tree.size === size) break;
    tree.append(leafHash(event.bytes));
    bundle.push(event.bytes);
    if (bundle.length === TILE_WIDTH) writeEntries();
    if (tree.size % ENTRIES_OF_A_CHECKPOINT !== 0) continue;
    write(`${CHECKPOINTS}/${tree.size}`, signCheckpoint({ size: tree.size, root: tree.root() }, signer));
    onProgress(tree.size);
  }
  if (bundle.length > 0) writeEntries();
  for (const tile of tree.partialTiles()) write(tilePath(tile), tile.bytes);
  const checkpoint = signCheckpoint({ size: tree.size, root: tree.root() }, signer);
  write(`${CHECKPOINTS}/${tree.size}`, checkpoint);
  write(VERIFIER_KEY, `${verifierKey(signer)}\n`);
  write(CHECKPOINT, checkpoint);
}

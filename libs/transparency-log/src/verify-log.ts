import { type Checkpoint, openCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { HASH_BYTES, leafHash } from './hashing.js';
import {
  CHECKPOINT,
  checkTile,
  MalformedTile,
  readBundle,
  TILE_WIDTH,
  tilePath,
  tilesOf,
  type TileName,
} from './layout.js';
import { MalformedNote, type Verifier } from './signed-note.js';
import type { LogStorage } from './storage.js';
import { TiledTree } from './tree.js';

/** What is wrong with a log, and where: the first that was found. */
export class LogNotSound extends Error {
  override readonly name = 'LogNotSound';

  /** @param where  a file, or an entry by its index */
  constructor(
    readonly where: string,
    readonly what: string,
  ) {
    super(`${where}: ${what}`);
  }
}

export interface VerifyOptions {
  readonly log: Verifier;
  readonly witnesses?: readonly Verifier[];
  /** A checkpoint of this log that somebody kept: the log must still begin with all that it was then. */
  readonly since?: string;
  /** Sizes whose earlier checkpoints are in the folder, as `checkpoints/<size>`. */
  readonly earlier?: readonly number[];
  /** Takes each bundle of entries once it is known to be what the tree has; the next one waits for it. */
  readonly onEntries?: (entries: readonly Buffer[], firstIndex: number) => Promise<void> | void;
  readonly onProgress?: (verified: number, of: number) => void;
}

/** Bundles read ahead of the one that is hashed: a few megabytes. */
const READ_AHEAD = 8;

/**
 * Verifies a log from its files alone: that each entry is what its tile says, each tile what the tiles below come to, the
 * root what the checkpoint says, and the checkpoint the log's own; and that every earlier checkpoint is of a beginning of it.
 * Memory does not grow with the log.
 * @returns its checkpoint
 * @throws LogNotSound
 */
export async function verifyLog(storage: LogStorage, options: VerifyOptions): Promise<SignedCheckpoint> {
  const { log, witnesses = [], earlier = [], since } = options;
  const checkpoint = opened(CHECKPOINT, await readFile(storage, CHECKPOINT), log, witnesses);
  const beginnings = [{ where: CHECKPOINT, is: checkpoint as Checkpoint }];
  for (const size of earlier) {
    const where = `checkpoints/${size}`;
    const is = opened(where, await readFile(storage, where), log, witnesses);
    if (is.size !== size) throw new LogNotSound(where, `is a checkpoint of size ${is.size}`);
    beginnings.push({ where, is });
  }
  if (since !== undefined) {
    const where = 'the checkpoint that was kept';
    beginnings.push({ where, is: opened(where, Buffer.from(since), log, witnesses) });
  }
  for (const { where, is } of beginnings)
    if (is.size > checkpoint.size)
      throw new LogNotSound(
        where,
        `is of ${is.size} entries, and the log has only ${checkpoint.size}: some were taken away`,
      );
  await verifyTree(
    storage,
    checkpoint.size,
    Map.groupBy(beginnings, ({ is }) => is.size),
    options,
  );
  return checkpoint;
}

interface Beginning {
  readonly where: string;
  readonly is: Checkpoint;
}

/** @param beginnings  what was said of the log when it had so many entries */
async function verifyTree(
  storage: LogStorage,
  size: number,
  beginnings: ReadonlyMap<number, readonly Beginning[]>,
  { onEntries, onProgress }: VerifyOptions,
): Promise<void> {
  const computed: { readonly level: number; readonly index: number; readonly bytes: Buffer }[] = [];
  const tree = new TiledTree((tile) => computed.push(tile as { level: number; index: number; bytes: Buffer }));
  const bundles = tilesOf('entries', size);
  const ahead: { readonly name: TileName; readonly bundle: Promise<Buffer> }[] = [];
  const readNext = () => {
    const next = bundles.next();
    if (next.done) return;
    const bundle = readFile(storage, tilePath(next.value));
    // Whoever waits for it is told; until then it must not end the process.
    bundle.catch(() => undefined);
    ahead.push({ name: next.value, bundle });
  };
  for (let each = 0; each < READ_AHEAD; each++) readNext();
  for (let next; (next = ahead.shift()); readNext()) {
    const { name, bundle } = next;
    const firstIndex = name.index * TILE_WIDTH;
    const entries = entriesOf(name, await bundle);
    const leaves = Buffer.allocUnsafe(entries.length * HASH_BYTES);
    for (const [index, entry] of entries.entries()) leaves.set(leafHash(entry), index * HASH_BYTES);
    await compare(storage, { level: 0, index: name.index, width: name.width }, leaves, (at) => ({
      where: `entry ${firstIndex + at}`,
      what: `is not what ${tilePath({ ...name, level: 0 })} says (${tilePath(name)})`,
    }));
    for (let index = 0; index < entries.length; index++) {
      tree.append(leaves.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES));
      // The last one when its tiles have been looked at too: what is wrong in them is told more closely.
      if (tree.size < size) compareRoots(tree, beginnings);
    }
    for (const tile of computed.splice(0)) if (tile.level > 0) await compareTile(storage, tile);
    await onEntries?.(entries, firstIndex);
    onProgress?.(firstIndex + entries.length, size);
  }
  for (const tile of tree.partialTiles())
    if (tile.level !== 0) await compareTile(storage, tile as { level: number; index: number; bytes: Buffer });
  compareRoots(tree, beginnings);
}

function compareRoots(tree: TiledTree, beginnings: ReadonlyMap<number, readonly Beginning[]>): void {
  for (const { where, is } of beginnings.get(tree.size) ?? []) {
    const root = tree.root();
    if (!root.equals(is.root))
      throw new LogNotSound(
        where,
        `the first ${is.size} entries come to the root ${root.toString('base64')}, and it says ${is.root.toString('base64')}: ` +
          'it is of another log, or of one that was changed since',
      );
  }
}

async function compareTile(
  storage: LogStorage,
  { level, index, bytes }: { readonly level: number; readonly index: number; readonly bytes: Buffer },
): Promise<void> {
  const name = { level, index, width: bytes.length / HASH_BYTES };
  await compare(storage, name, bytes, (at) => ({
    where: tilePath(name),
    what: `hash ${at} is not what the tiles below come to`,
  }));
}

async function compare(
  storage: LogStorage,
  name: TileName,
  computed: Buffer,
  findingAt: (at: number) => { readonly where: string; readonly what: string },
): Promise<void> {
  const stored = await readTile(storage, name);
  if (stored.equals(computed)) return;
  for (let at = 0; at < name.width; at++) {
    const range = [at * HASH_BYTES, (at + 1) * HASH_BYTES] as const;
    if (stored.subarray(...range).equals(computed.subarray(...range))) continue;
    const { where, what } = findingAt(at);
    throw new LogNotSound(where, what);
  }
}

function entriesOf(name: TileName, bundle: Buffer): Buffer[] {
  try {
    return readBundle(bundle, name.width);
  } catch (error) {
    if (error instanceof MalformedTile) throw new LogNotSound(tilePath(name), error.message);
    throw error;
  }
}

function opened(where: string, note: Buffer, log: Verifier, witnesses: readonly Verifier[]): SignedCheckpoint {
  try {
    return openCheckpoint(note.toString('utf8'), log, witnesses);
  } catch (error) {
    if (error instanceof MalformedNote) throw new LogNotSound(where, error.message);
    throw error;
  }
}

async function readTile(storage: LogStorage, name: TileName): Promise<Buffer> {
  const path = tilePath(name);
  const tile = await readFile(storage, path);
  try {
    return checkTile(tile, name.width);
  } catch (error) {
    if (error instanceof MalformedTile) throw new LogNotSound(path, error.message);
    throw error;
  }
}

async function readFile(storage: LogStorage, path: string): Promise<Buffer> {
  const bytes = await storage.read(path);
  if (!bytes) throw new LogNotSound(path, 'is missing');
  return bytes;
}

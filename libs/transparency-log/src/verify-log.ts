import { type Checkpoint, openCheckpoint, type SignedCheckpoint } from './checkpoint.js';
import { HashTile } from './hash-tile.js';
import { emptyRoot, HASH_BYTES, writeLeafHash } from './hashing.js';
import {
  CHECKPOINT,
  CHECKPOINTS,
  checkTile,
  type HashTileName,
  isCount,
  levelsOf,
  MalformedTile,
  MAX_BUNDLE_BYTES,
  readBundle,
  TILE_WIDTH,
  type TileName,
  tilePath,
  VERIFIER_KEY,
  widthOf,
} from './layout.js';
import { MalformedNote, MAX_NOTE_BYTES, readVerifierKey, type Verifier } from './signed-note.js';
import { type LogReader, UnreadableFile } from './storage.js';

/** What is wrong with a log, and where: the first that was found. */
export class LogNotSound extends Error {
  override readonly name = 'LogNotSound';

  /** @param where  a file by its path in the log, or `entry <index>` */
  constructor(
    readonly where: string,
    readonly what: string,
    options?: ErrorOptions,
  ) {
    super(`${where}: ${what}`, options);
  }
}

export interface VerifyOptions {
  /** The log's key, from a source that is trusted. Without it `verifier.key` of the log is believed. */
  readonly log?: Verifier;
  /** Whose cosignatures are checked; how many are enough is for the caller to say. */
  readonly witnesses?: readonly Verifier[];
  /** A checkpoint of this log that somebody kept, as published: the log must still begin with all that it was then. */
  readonly since?: string | Uint8Array;
  /**
   * Takes the entries of each bundle, in order; the next bundle waits for it, and may be read into the same memory. They are proven to
   * be in the signed tree.
   */
  readonly onEntries?: (entries: readonly Buffer[], firstIndex: number) => Promise<void> | void;
  /** After each bundle. */
  readonly onProgress?: (verified: number, of: number) => void;
}

export interface VerifiedLog {
  readonly checkpoint: SignedCheckpoint;
  /** Earlier checkpoints that are of beginnings of it, the one of `since` not counted. */
  readonly earlier: number;
  /** At `n - 1` the newest size whose checkpoint `n` witnesses or more have cosigned, the last one among them; no further than there are any. */
  readonly cosigned: readonly number[];
  /** The key that signed it: as given, or as the log itself has it, which proves nothing about whose log it is. */
  readonly log: Verifier;
}

/** Bundles read ahead of the one that is hashed: as many as Node reads at once; one has 256 KB, and 16 MB at most. */
const READ_AHEAD = 4;
/** Earlier checkpoints that are read at once; each takes a few small files, where waiting is most of the work. */
const CHECKPOINTS_AT_ONCE = 8;

/**
 * Verifies a whole log from its files alone. From the top down, so that whatever is looked at is judged by something that the
 * log has signed, and an entry that is handed out is proven already: the checkpoint by its signature, the tiles at the
 * tree's right edge by its root, every other tile by its hash in the one above, every entry by its hash in the tile. On the
 * way, each checkpoint under `checkpoints/`, and the one in `since`, must be of what the log was at that size, and so must
 * the partial tiles and bundles that are left from then. Memory does not grow with the log, but for 8 bytes for each checkpoint.
 * @throws LogNotSound for anything that a log can have wrong; else what `reader` throws when it fails, and `onEntries`
 */
export async function verifyLog(reader: LogReader, options: VerifyOptions = {}): Promise<VerifiedLog> {
  const files = new LogFiles(reader);
  const log = options.log ?? (await files.verifierKey());
  const checkpoint = await files.checkpoint(CHECKPOINT, log, options.witnesses);
  const earlier = new EarlierCheckpoints(files, checkpoint.size, await files.earlierSizes(), log, options);

  const tree = await SignedTree.open(checkpoint, files);
  await earlier.compare(tree, []);
  for await (const entries of tree.bundles()) {
    await earlier.compare(tree, entries);
    const firstIndex = tree.reached - entries.length;
    await options.onEntries?.(entries, firstIndex);
    options.onProgress?.(tree.reached, tree.size);
  }
  earlier.noteWitnesses(checkpoint);
  return { checkpoint, earlier: earlier.count, cosigned: earlier.cosigned, log };
}

/** Goes through a tree whose root is signed, from the first entry to the last, with one proven tile of each level at hand. */
class SignedTree {
  /** Entries that have been gone through. */
  reached = 0;
  /** By level, the tile that the entries before `reached` end in. */
  private readonly current: { readonly index: number; readonly tile: HashTile }[] = [];

  private constructor(
    readonly size: number,
    private readonly files: LogFiles,
    /** By level, the last tile, where it is not full: what the root is computed from. */
    private readonly edge: ReadonlyMap<number, HashTile>,
  ) {}

  /** @throws LogNotSound when the tiles at the edge do not come to the root; says which, if the tiles below know */
  static async open({ size, root }: Checkpoint, files: LogFiles): Promise<SignedTree> {
    const edge = new Map<number, HashTile>();
    let computed: Buffer | undefined;
    for (let level = 0; level < levelsOf(size); level++) {
      const width = partialWidth(level, size);
      if (width === 0) continue;
      const tile = HashTile.of(await files.tile({ level, index: tileAt(level, size), width }));
      edge.set(level, tile);
      computed = tile.join(width, computed);
    }
    const tree = new SignedTree(size, files, edge);
    computed ??= emptyRoot();
    if (!computed.equals(root)) {
      await tree.findFaultAtEdge();
      throw new LogNotSound(CHECKPOINT, differentRoot(size, root, computed));
    }
    return tree;
  }

  /** Every bundle's entries. */
  async *bundles(): AsyncGenerator<readonly Buffer[]> {
    for await (const { name, entries, hashes } of this.readAhead()) {
      for (let level = levelsOf(this.size) - 1; level >= 0; level--) await this.enter(level, name.index, hashes);
      checkEntries(entries, this.tile(0).bytes(name.width), name);
      this.reached += entries.length;
      yield entries;
    }
  }

  /** The root when the log had so many entries: at most a bundle less than `reached`. */
  rootAt(size: number): Buffer {
    let root: Buffer | undefined;
    for (let level = 0; level < levelsOf(size); level++) {
      const width = partialWidth(level, size);
      if (width > 0) root = this.tile(level).join(width, root);
    }
    return root ?? emptyRoot();
  }

  /** The tiles that were partial when the log had so many entries: at most a bundle less than `reached`. */
  *partialTilesAt(size: number): Generator<{ name: HashTileName; hashes: Buffer }> {
    for (let level = 0; level < levelsOf(size); level++) {
      const width = partialWidth(level, size);
      if (width > 0)
        yield { name: { level, index: tileAt(level, size), width }, hashes: this.tile(level).bytes(width) };
    }
  }

  /** Makes the tile that the bundle is below the current one of its level, after those of the levels above. */
  private async enter(level: number, bundle: number, hashesAtLevel0: Buffer): Promise<void> {
    const index = Math.floor(bundle / TILE_WIDTH ** level);
    const width = widthOf({ level, index }, this.size);
    // No tile: the bundle is of the edge, and nothing in it is hashed that far up.
    if (width === 0 || this.current[level]?.index === index) return;
    const edge = width < TILE_WIDTH ? this.edge.get(level) : undefined;
    const name = { level, index, width };
    const tile = edge ?? HashTile.of(level === 0 ? hashesAtLevel0 : await this.files.tile(name));
    if (!edge && !tile.root().equals(this.tile(level + 1).node(0, index % TILE_WIDTH)))
      throw new LogNotSound(tilePath(name), `does not come to what the tile of level ${level + 1} above it says`);
    this.current[level] = { index, tile };
  }

  private tile(level: number): HashTile {
    const current = this.current[level];
    if (!current) throw new RangeError(`no entry below a tile of level ${level} has been gone through`);
    return current.tile;
  }

  private async *readAhead(): AsyncGenerator<Bundle & { readonly hashes: Buffer }> {
    const ahead: Promise<Bundle & { readonly hashes: Buffer }>[] = [];
    // Of the bundles that are being read, and of the one that is looked at.
    const rooms: Buffer[] = [];
    const bundles = Math.ceil(this.size / TILE_WIDTH);
    for (let index = 0; index < bundles + READ_AHEAD; index++) {
      if (index < bundles) {
        const name = { level: 0, index, width: widthOf({ level: 0, index }, this.size) };
        const place = index % (READ_AHEAD + 1);
        const next = Promise.all([this.files.bundle(name, rooms[place]), this.files.tile(name)]);
        ahead.push(
          next.then(([{ bytes, ...bundle }, hashes]) => {
            if (bytes.length > (rooms[place]?.length ?? 0)) rooms[place] = bytes;
            return { ...bundle, hashes };
          }),
        );
        // Whoever waits for it is told; until then it must not end the process.
        ahead.at(-1)?.catch(() => undefined);
      }
      const first = index >= READ_AHEAD ? ahead.shift() : undefined;
      if (first) yield await first;
    }
  }

  /** Whether the tiles at the edge are what lies right below them. */
  private async findFaultAtEdge(): Promise<void> {
    for (const [level, tile] of this.edge) {
      const name = { level, index: tileAt(level, this.size), width: tile.width };
      if (level === 0) {
        const { entries } = await this.files.bundle(name);
        checkEntries(entries, tile.bytes(), name);
        continue;
      }
      for (let at = 0; at < tile.width; at++) {
        const below = { level: level - 1, index: name.index * TILE_WIDTH + at, width: TILE_WIDTH };
        if (
          !HashTile.of(await this.files.tile(below))
            .root()
            .equals(tile.node(0, at))
        )
          throw new LogNotSound(tilePath(name), `hash ${at} is not what ${tilePath(below)} comes to`);
      }
    }
  }
}

/** What was said of the log when it was smaller, and the files that are left from then. */
class EarlierCheckpoints {
  private readonly since: Checkpoint | undefined;
  private isSinceToCome: boolean;
  private next = 0;
  private readonly compared = new Map<HashTileName['level'], string>();
  /** As `VerifiedLog` has it. */
  readonly cosigned: number[] = [];

  /** @param sizes  ascending */
  constructor(
    private readonly files: LogFiles,
    private readonly size: number,
    private readonly sizes: readonly number[],
    private readonly log: Verifier,
    private readonly options: VerifyOptions,
  ) {
    const { since, witnesses } = options;
    this.since = since === undefined ? undefined : opened(SINCE, since, log, witnesses);
    this.isSinceToCome = since !== undefined;
    for (const [where, size] of [
      [SINCE, this.since?.size],
      [`${CHECKPOINTS}/${sizes.at(-1)}`, sizes.at(-1)],
    ] as const)
      if (size !== undefined && size > this.size)
        throw new LogNotSound(where, `is of ${size} entries, and the log has only ${this.size}: some were taken away`);
  }

  get count(): number {
    return this.sizes.length;
  }

  /**
   * Those of sizes that the tree has just reached.
   * @param entries  the last that it has gone through
   */
  async compare(tree: SignedTree, entries: readonly Buffer[]): Promise<void> {
    if (this.since && this.isSinceToCome && this.since.size <= tree.reached) {
      this.isSinceToCome = false;
      compareRoots(SINCE, this.since, tree);
    }
    for (let due; (due = this.dueAt(tree.reached)).length > 0; this.next += due.length) {
      const compared = due.map((size) => this.compareOne(size, tree, entries));
      // The first that is wrong is told, the others are not; they must not end the process.
      for (const each of compared) each.catch(() => undefined);
      for (const each of compared) await each;
    }
  }

  private dueAt(reached: number): readonly number[] {
    return this.sizes.slice(this.next, this.next + CHECKPOINTS_AT_ONCE).filter((size) => size <= reached);
  }

  private async compareOne(size: number, tree: SignedTree, entries: readonly Buffer[]): Promise<void> {
    const where = `${CHECKPOINTS}/${size}`;
    const earlier = await this.files.checkpoint(where, this.log, this.options.witnesses);
    if (earlier.size !== size) throw new LogNotSound(where, `is a checkpoint of size ${earlier.size}`);
    compareRoots(where, earlier, tree);
    this.noteWitnesses(earlier);
    if (size < this.size) await this.compareLeftovers(size, tree, entries);
  }

  /** Witnesses come a moment after a checkpoint, and the last one has seldom been cosigned yet. */
  noteWitnesses({ size, witnesses }: SignedCheckpoint): void {
    for (let at = 0; at < witnesses.size; at++) this.cosigned[at] = Math.max(size, this.cosigned[at] ?? 0);
  }

  /** A log may delete partial tiles when full ones are there; those that it kept must be right all the same. */
  private async compareLeftovers(size: number, tree: SignedTree, entries: readonly Buffer[]): Promise<void> {
    for (const { name, hashes } of tree.partialTilesAt(size)) {
      const path = tilePath(name);
      // Above level 0 one tile serves many checkpoints.
      if (this.compared.get(name.level) === path) continue;
      this.compared.set(name.level, path);
      const left = await this.files.leftover(name);
      if (left && !left.equals(hashes))
        throw new LogNotSound(path, `hash ${firstDifference(left, hashes)} is not what the tree has`);
      if (name.level > 0) continue;
      const atMostBytes = entries.slice(0, name.width).reduce((sum, { length }) => sum + 2 + length, 0);
      const bundle = await this.files.leftoverBundle(name, atMostBytes);
      for (const [at, entry] of bundle?.entries() ?? [])
        if (!entries[at]?.equals(entry))
          throw new LogNotSound(
            tilePath({ ...name, level: 'entries' }),
            `entry ${at} of ${name.width} is not what the tree has`,
          );
    }
  }
}

const SINCE = 'the checkpoint that was kept';

function compareRoots(where: string, { size, root }: Checkpoint, tree: SignedTree): void {
  const computed = tree.rootAt(size);
  if (!computed.equals(root)) throw new LogNotSound(where, differentRoot(size, root, computed));
}

function differentRoot(size: number, root: Buffer, computed: Buffer): string {
  const [said, found] = [root.toString('base64'), computed.toString('base64')];
  return `the first ${size} entries come to the root ${found}, and it says ${said}: it is of another log, or of one that was changed since`;
}

/** @throws LogNotSound unless each entry comes to its hash */
function checkEntries(entries: readonly Buffer[], hashes: Buffer, { index, width }: TileName): void {
  const leaves = Buffer.allocUnsafe(width * HASH_BYTES);
  for (const [at, entry] of entries.entries()) writeLeafHash(entry, leaves, at * HASH_BYTES);
  if (leaves.equals(hashes)) return;
  const at = firstDifference(leaves, hashes);
  const [bundle, tile] = [tilePath({ level: 'entries', index, width }), tilePath({ level: 0, index, width })];
  throw new LogNotSound(`entry ${index * TILE_WIDTH + at}`, `in ${bundle} is not what ${tile} says`);
}

/** Which of the hashes is another. */
function firstDifference(some: Buffer, others: Buffer): number {
  let at = 0;
  while (some[at] === others[at] && at < some.length) at += 1;
  return Math.floor(at / HASH_BYTES);
}

/** How wide the last tile of the level is that is not full; 0 when there is none. */
function partialWidth(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** level) % TILE_WIDTH;
}

/** Which tile of the level the next hash goes into. */
function tileAt(level: number, size: number): number {
  return Math.floor(size / TILE_WIDTH ** (level + 1));
}

interface Bundle {
  readonly name: TileName;
  readonly entries: readonly Buffer[];
}

/** A log's files: what they say, or LogNotSound. */
class LogFiles {
  constructor(private readonly reader: LogReader) {}

  async verifierKey(): Promise<Verifier> {
    const bytes = await this.mustRead(VERIFIER_KEY, MAX_NOTE_BYTES);
    return sound(VERIFIER_KEY, () => readVerifierKey(bytes.toString('utf8')));
  }

  async checkpoint(path: string, log: Verifier, witnesses?: readonly Verifier[]): Promise<SignedCheckpoint> {
    return opened(path, await this.mustRead(path, MAX_NOTE_BYTES), log, witnesses);
  }

  /** Ascending. */
  async earlierSizes(): Promise<number[]> {
    const sizes: number[] = [];
    for await (const name of this.reader.list(CHECKPOINTS)) {
      const size = Number(name);
      if (!isCount(size) || String(size) !== name)
        throw new LogNotSound(
          `${CHECKPOINTS}/`,
          `has a file ${JSON.stringify(name.slice(0, 200))}, which is not the size of a log`,
        );
      sizes.push(size);
    }
    return sizes.sort((one, other) => one - other);
  }

  async tile(name: HashTileName): Promise<Buffer> {
    const { path, bytes, width } = await this.mustReadTile(name, TILE_WIDTH * HASH_BYTES);
    return sound(path, () => checkTile(bytes, width)).subarray(0, name.width * HASH_BYTES);
  }

  /** @param room  where it may be put */
  async bundle({ index, width: count }: HashTileName, room?: Buffer): Promise<Bundle & { readonly bytes: Buffer }> {
    const name: TileName = { level: 'entries', index, width: count };
    const { path, bytes, width } = await this.mustReadTile(name, MAX_BUNDLE_BYTES, room);
    const entries = sound(path, () => readBundle(bytes, width));
    return { name, entries: width === count ? entries : entries.slice(0, count), bytes };
  }

  async leftover(name: HashTileName): Promise<Buffer | undefined> {
    const bytes = await this.read(tilePath(name), TILE_WIDTH * HASH_BYTES);
    return bytes && sound(tilePath(name), () => checkTile(bytes, name.width));
  }

  async leftoverBundle({ index, width }: HashTileName, atMostBytes: number): Promise<readonly Buffer[] | undefined> {
    const path = tilePath({ level: 'entries', index, width });
    const bytes = await this.read(path, atMostBytes);
    return bytes && sound(path, () => readBundle(bytes, width));
  }

  /** A full one will do for a partial one, which a log may delete then. */
  private async mustReadTile(name: TileName, atMostBytes: number, room?: Buffer) {
    const [path, fullPath] = [tilePath(name), tilePath({ ...name, width: TILE_WIDTH })];
    const bytes = await this.read(path, atMostBytes, room);
    if (bytes) return { path, bytes, width: name.width };
    const full = path === fullPath ? undefined : await this.read(fullPath, atMostBytes);
    if (full) return { path: fullPath, bytes: full, width: TILE_WIDTH };
    throw new LogNotSound(path, 'is missing');
  }

  private async mustRead(path: string, atMostBytes: number): Promise<Buffer> {
    const bytes = await this.read(path, atMostBytes);
    if (!bytes) throw new LogNotSound(path, 'is missing');
    return bytes;
  }

  private async read(path: string, atMostBytes: number, room?: Buffer): Promise<Buffer | undefined> {
    try {
      return await this.reader.read(path, atMostBytes, room);
    } catch (cause) {
      if (cause instanceof UnreadableFile) throw new LogNotSound(path, cause.what, { cause });
      throw cause;
    }
  }
}

function opened(
  where: string,
  note: string | Uint8Array,
  log: Verifier,
  witnesses?: readonly Verifier[],
): SignedCheckpoint {
  return sound(where, () => openCheckpoint(note, log, witnesses));
}

function sound<T>(where: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof MalformedTile || cause instanceof MalformedNote)
      throw new LogNotSound(where, cause.message, { cause });
    throw cause;
  }
}

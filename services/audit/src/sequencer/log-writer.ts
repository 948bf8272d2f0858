import {
  CHECKPOINT,
  emptyRoot,
  HASH_BYTES,
  leafHash,
  levelsOf,
  type LogStorage,
  MAX_BUNDLE_BYTES,
  MAX_NOTE_BYTES,
  openCheckpoint,
  readBundle,
  type Signer,
  signCheckpoint,
  type Tile,
  TILE_WIDTH,
  TiledTree,
  type TileName,
  tilePath,
  type Verifier,
  widthOf,
  writeBundle,
} from '@fairlead/transparency-log';

/** The log's files are not what was published of it: to sign anything on top of them would be a fork. */
export class WouldFork extends Error {
  override readonly name = 'WouldFork';
}

export interface Published {
  readonly size: number;
  readonly note: string | null;
}

export interface Keys {
  readonly signer: Signer;
  readonly verifier: Verifier;
}

/** Full tiles that wait for the disk: some megabytes; whoever appends waits beyond. */
const MAX_WAITING = 64;

/**
 * Writes entries into the log's storage. What it writes follows from the entries and their places alone, so a leader that
 * was put aside can only write what its successor writes.
 */
export class LogWriter {
  private bundle: Buffer[] = [];
  private writing: Promise<unknown>[] = [];
  private failed: unknown;

  private constructor(
    private readonly storage: LogStorage,
    private readonly keys: Keys,
    private readonly tree: TiledTree,
  ) {}

  /**
   * Goes on from what was published. Nothing is signed before the storage was seen to hold it.
   * @throws WouldFork
   */
  static async open(storage: LogStorage, keys: Keys, { size, note }: Published): Promise<LogWriter> {
    const stored = await storage.read(CHECKPOINT, MAX_NOTE_BYTES);
    const latest = stored && openedBy(stored.toString('utf8'), keys.verifier, 'the checkpoint in the storage');
    if (latest && latest.size > size) {
      throw new WouldFork(
        `the storage holds a log of ${latest.size} entries, and the database knows of ${size}: it is older than what was published`,
      );
    }
    const full: Tile[] = [];
    const tree = await TiledTree.load(
      size,
      async (name) => {
        const tile = await storage.read(tilePath(name), TILE_WIDTH * HASH_BYTES);
        if (tile?.length !== name.width * HASH_BYTES)
          throw new WouldFork(`the storage lacks ${tilePath(name)} of what was published`);
        return tile;
      },
      (tile) => full.push(tile),
    );
    const root = note === null ? emptyRoot() : openedBy(note, keys.verifier, 'the published checkpoint').root;
    if (!tree.root().equals(root))
      throw new WouldFork('the tiles in the storage are not those of the published checkpoint');
    if (latest && latest.size === size && !latest.root.equals(root))
      throw new WouldFork('the checkpoint in the storage is of another log');
    const writer = new LogWriter(storage, keys, tree);
    writer.fullTiles = full;
    const index = Math.floor(size / TILE_WIDTH);
    const width = widthOf({ level: 'entries', index }, size);
    if (width > 0) {
      const path = tilePath({ level: 'entries', index, width });
      const bundle = await storage.read(path, MAX_BUNDLE_BYTES);
      if (!bundle) throw new WouldFork(`the storage lacks ${path} of what was published`);
      writer.bundle = readBundle(bundle, width);
    }
    return writer;
  }

  private fullTiles: Tile[] = [];

  get size(): number {
    return this.tree.size;
  }

  /**
   * Takes entries in their order. Full tiles go to the storage meanwhile, so an entry in a wrong place could not be taken back.
   * @param first  the place of the first one
   * @throws RangeError when that is not the next one
   */
  async append(first: number, entries: readonly Buffer[]): Promise<void> {
    if (entries.length > 0 && first !== this.size)
      throw new RangeError(`entries from ${first} on, and the log goes on at ${this.size}`);
    for (const entry of entries) {
      this.tree.append(leafHash(entry));
      this.bundle.push(entry);
      if (this.bundle.length === TILE_WIDTH) {
        const index = this.tree.size / TILE_WIDTH - 1;
        this.write(tilePath({ level: 'entries', index, width: TILE_WIDTH }), writeBundle(this.bundle));
        this.bundle = [];
      }
      for (const tile of this.fullTiles.splice(0)) this.write(tilePath(tile), tile.bytes);
      if (this.writing.length >= MAX_WAITING) await this.settle();
    }
  }

  /**
   * Makes everything durable that a checkpoint of this size needs, and signs it. It is published when the caller says so.
   * @returns the note
   */
  async checkpoint(): Promise<{ readonly size: number; readonly note: string }> {
    const { size } = this.tree;
    const root = this.tree.root();
    for (const tile of this.tree.partialTiles()) this.write(tilePath(tile), tile.bytes);
    if (this.bundle.length > 0) {
      const index = Math.floor(size / TILE_WIDTH);
      this.write(tilePath({ level: 'entries', index, width: this.bundle.length }), writeBundle(this.bundle));
    }
    await this.settle();
    return { size, note: signCheckpoint({ size, root }, this.keys.signer) };
  }

  /** Puts a published checkpoint where whoever reads the storage finds it. Earlier ones are in the database, and in exports. */
  async show({ note }: { readonly note: string }): Promise<void> {
    await this.storage.write(CHECKPOINT, Buffer.from(note));
  }

  /**
   * Gives up the partial tiles of an earlier checkpoint: wider ones begin with the same hashes and entries, from which they are
   * cut for whoever asks. Kept, they would be many times the log where entries come one by one.
   */
  async giveUpPartial(earlier: number, size: number): Promise<void> {
    const needed = new Set([...partialOf(size)].map(tilePath));
    for (const path of [...partialOf(earlier)].map(tilePath)) if (!needed.has(path)) await this.storage.remove(path);
  }

  private write(path: string, bytes: Buffer): void {
    const written = this.storage.writeOnce(path, bytes);
    this.writing.push(written.catch((error: unknown) => (this.failed ??= error)));
  }

  /** @throws what the storage said */
  private async settle(): Promise<void> {
    await Promise.all(this.writing.splice(0));
    if (this.failed !== undefined) throw this.failed as Error;
  }
}

/** The tiles at the right edge of a tree that are not full. */
function* partialOf(size: number): Generator<TileName> {
  for (const level of ['entries', ...Array(levelsOf(size)).keys()] as TileName['level'][]) {
    const index = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 1 : level + 1));
    const width = widthOf({ level, index }, size);
    if (width > 0) yield { level, index, width };
  }
}

function openedBy(note: string, verifier: Verifier, what: string) {
  try {
    return openCheckpoint(note, verifier);
  } catch (error) {
    throw new WouldFork(`${what} cannot be read with the log's key: ${(error as Error).message}`, { cause: error });
  }
}

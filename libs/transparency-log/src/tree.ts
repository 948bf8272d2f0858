import { HashTile } from './hash-tile.js';
import { emptyRoot, HASH_BYTES } from './hashing.js';
import { type HashTileName, isCount, levelsOf, MalformedTile, TILE_WIDTH, tilePath, widthOf } from './layout.js';

export interface Tile extends HashTileName {
  /** `width` hashes of 32 bytes. */
  readonly bytes: Buffer;
}

/** Reads a tile of hashes. Where a partial one is asked for, one that begins with it will do. */
export type ReadTile = (name: HashTileName) => Promise<Buffer>;

/**
 * The right edge of a Merkle tree (RFC 6962), by tiles: enough to append to it and to know its root. 16 KB for each level of
 * tiles, of which a tree of a million entries has three.
 */
export class TiledTree {
  /** By level, the last tile, as long as it is not full. */
  private edge: HashTile[] = [];
  private count = 0;

  /** @param onFull  takes each tile when its last hash is there; the bytes are its own */
  constructor(private readonly onFull: (tile: Tile) => void = () => undefined) {}

  /**
   * Goes on from a tree of that size. Whether it is the right one its root says.
   * @throws RangeError for a size that is no count, MalformedTile for a tile that is too short
   */
  static async load(size: number, readTile: ReadTile, onFull?: (tile: Tile) => void): Promise<TiledTree> {
    if (!isCount(size)) throw new RangeError(`no size of a tree: ${size}`);
    const tree = new TiledTree(onFull);
    for (let level = 0; level < levelsOf(size); level++) {
      const index = Math.floor(size / TILE_WIDTH ** (level + 1));
      const width = widthOf({ level, index }, size);
      tree.edge.push(width > 0 ? HashTile.of(await atLeast({ level, index, width }, readTile)) : new HashTile());
    }
    tree.count = size;
    return tree;
  }

  get size(): number {
    return this.count;
  }

  /** A tree that goes its own way: what is appended to it can be dropped, when it could not be kept. */
  copy(onFull: (tile: Tile) => void = this.onFull): TiledTree {
    const copy = new TiledTree(onFull);
    copy.edge = this.edge.map((tile) => new HashTile(tile));
    copy.count = this.count;
    return copy;
  }

  /** @param leaf  the entry's `leafHash` */
  append(leaf: Uint8Array): void {
    if (leaf.length !== HASH_BYTES) throw new RangeError(`a hash of ${leaf.length} bytes`);
    if (!isCount(this.count + 1)) throw new RangeError('the tree is full');
    this.count += 1;
    this.push(0, leaf);
  }

  /** RFC 6962's Merkle tree hash of all that was appended. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const tile of this.edge) root = tile.join(tile.width, root);
    return root ?? emptyRoot();
  }

  /** The tiles of the right edge that are not full, as a checkpoint of this size needs them. */
  *partialTiles(): Generator<Tile> {
    for (const [level, tile] of this.edge.entries()) {
      if (tile.width === 0) continue;
      const index = Math.floor(this.count / TILE_WIDTH ** (level + 1));
      yield { level, index, width: tile.width, bytes: Buffer.from(tile.bytes()) };
    }
  }

  private push(level: number, hash: Uint8Array): void {
    const last = (this.edge[level] ??= new HashTile());
    last.append(hash);
    if (last.width < TILE_WIDTH) return;
    const index = Math.floor(this.count / TILE_WIDTH ** (level + 1)) - 1;
    this.onFull({ level, index, width: TILE_WIDTH, bytes: Buffer.from(last.bytes()) });
    this.push(level + 1, last.root());
    last.clear();
  }
}

/**
 * The hashes of a tile, of which more may be there.
 * @throws MalformedTile when fewer are
 */
export async function atLeast(name: HashTileName, readTile: ReadTile): Promise<Buffer> {
  const bytes = await readTile(name);
  if (bytes.length < name.width * HASH_BYTES)
    throw new MalformedTile(
      `${tilePath(name)} has ${bytes.length} bytes, and ${name.width} hashes have ${name.width * HASH_BYTES}`,
    );
  return bytes.subarray(0, name.width * HASH_BYTES);
}

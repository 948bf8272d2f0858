import { emptyRoot, HASH_BYTES, nodeHash, rootOver } from './hashing.js';
import { levelsOf, TILE_WIDTH, type TileName, widthOf } from './layout.js';

export interface Tile extends TileName {
  readonly bytes: Buffer;
}

/**
 * The right edge of a Merkle tree (RFC 6962), by tiles: enough to append to it and to know its root. A few kilobytes,
 * whatever its size.
 */
export class TiledTree {
  /** By level, the hashes of the last tile that is not full. */
  private readonly edge: { readonly bytes: Buffer; width: number }[] = [];
  private count = 0;

  /** @param onFull  takes each tile when its last hash is there, and its bytes, which are its own from then on */
  constructor(private readonly onFull: (tile: Tile) => void = () => undefined) {}

  /**
   * Goes on from a tree of that size.
   * @param readTile  its partial tiles
   */
  static async load(
    size: number,
    readTile: (name: TileName) => Promise<Buffer>,
    onFull?: (tile: Tile) => void,
  ): Promise<TiledTree> {
    const tree = new TiledTree(onFull);
    for (let level = 0; level < levelsOf(size); level++) {
      const hashes = Math.floor(size / TILE_WIDTH ** level);
      const name = { level, index: Math.floor(hashes / TILE_WIDTH) };
      const width = widthOf(name, size);
      const bytes = Buffer.alloc(TILE_WIDTH * HASH_BYTES);
      if (width > 0) bytes.set((await readTile({ ...name, width })).subarray(0, width * HASH_BYTES));
      tree.edge.push({ bytes, width });
    }
    tree.count = size;
    return tree;
  }

  get size(): number {
    return this.count;
  }

  append(leaf: Uint8Array): void {
    this.count += 1;
    this.push(0, leaf);
  }

  root(): Buffer {
    let root: Buffer | undefined;
    // From the right: the newest subtrees are the smallest, and each joins what is on its right from the left.
    for (const { bytes, width } of this.edge) {
      for (let at = width, size; at > 0; at -= size) {
        // The perfect subtrees of a tile from the right: what the lowest bit of the rest says.
        size = at & -at;
        const subtree = rootOver(bytes.subarray((at - size) * HASH_BYTES, at * HASH_BYTES));
        root = root ? nodeHash(subtree, root) : subtree;
      }
    }
    return root ? Buffer.from(root) : emptyRoot();
  }

  /** The tiles of the right edge that are not full, as a checkpoint of this size needs them. */
  *partialTiles(): Generator<Tile> {
    for (const [level, { bytes, width }] of this.edge.entries()) {
      if (width === 0) continue;
      const index = Math.floor(Math.floor(this.count / TILE_WIDTH ** level) / TILE_WIDTH);
      yield { level, index, width, bytes: Buffer.from(bytes.subarray(0, width * HASH_BYTES)) };
    }
  }

  private push(level: number, hash: Uint8Array): void {
    const last = (this.edge[level] ??= { bytes: Buffer.alloc(TILE_WIDTH * HASH_BYTES), width: 0 });
    last.bytes.set(hash, last.width * HASH_BYTES);
    last.width += 1;
    if (last.width < TILE_WIDTH) return;
    const index = Math.floor(this.count / TILE_WIDTH ** (level + 1)) - 1;
    this.onFull({ level, index, width: TILE_WIDTH, bytes: Buffer.from(last.bytes) });
    last.width = 0;
    this.push(level + 1, rootOver(last.bytes));
  }
}

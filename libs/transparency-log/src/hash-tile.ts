import { HASH_BYTES, nodeHash, writeNodeHash } from './hashing.js';
import { TILE_HEIGHT, TILE_WIDTH } from './layout.js';

/**
 * The hashes of one tile and of the perfect subtrees above them, each computed once, when both of its halves are there.
 * So what the tile comes to, at this width or at any smaller one, takes a few more hashes and not all of them again.
 */
export class HashTile {
  /** Level after level: 256 hashes, the 128 above them, and so on to the one of the full tile. */
  private readonly nodes: Buffer;
  private count: number;

  constructor(from?: HashTile) {
    this.nodes = from ? Buffer.from(from.nodes) : Buffer.alloc((2 * TILE_WIDTH - 1) * HASH_BYTES);
    this.count = from ? from.count : 0;
  }

  /** @param bytes  1 to 256 hashes, one after the other */
  static of(bytes: Buffer): HashTile {
    const tile = new HashTile();
    tile.count = bytes.length / HASH_BYTES;
    bytes.copy(tile.nodes);
    for (let height = 1, nodes = tile.count >> 1; nodes > 0; height++, nodes >>= 1)
      for (let index = 0; index < nodes; index++)
        writeNodeHash(tile.nodes, placeOf(height - 1, 2 * index), placeOf(height, index));
    return tile;
  }

  /** Hashes in it, 0 to 256. */
  get width(): number {
    return this.count;
  }

  append(hash: Uint8Array): void {
    if (hash.length !== HASH_BYTES) throw new RangeError(`a hash of ${hash.length} bytes`);
    let index = this.count++;
    this.nodes.set(hash, placeOf(0, index));
    for (let height = 1; (index & 1) === 1; height++, index >>= 1)
      writeNodeHash(this.nodes, placeOf(height - 1, index - 1), placeOf(height, index >> 1));
  }

  clear(): void {
    this.count = 0;
  }

  /** A view of the hashes as a tile has them; of the first so many, if there are more. */
  bytes(width = this.count): Buffer {
    return this.nodes.subarray(0, width * HASH_BYTES);
  }

  /**
   * A view of the root over the hashes [index·2^height, (index+1)·2^height), which must be there.
   * @param height  0 to 8
   */
  node(height: number, index: number): Buffer {
    const at = placeOf(height, index);
    return this.nodes.subarray(at, at + HASH_BYTES);
  }

  /** A view of what the full tile comes to. */
  root(): Buffer {
    return this.node(TILE_HEIGHT, 0);
  }

  /**
   * The root over the first `width` hashes, and what comes to the right of them.
   * @param right  the root of what is on the right; undefined when nothing is
   */
  join(width: number, right: Buffer | undefined): Buffer | undefined {
    let root = right;
    // From the right: the lowest bit of what is left says how large the last perfect subtree is.
    for (let end = width, size; end > 0; end -= size) {
      size = end & -end;
      const subtree = this.node(31 - Math.clz32(size), end / size - 1);
      root = root ? nodeHash(subtree, root) : Buffer.from(subtree);
    }
    return root;
  }
}

function placeOf(height: number, index: number): number {
  return (2 * TILE_WIDTH - ((2 * TILE_WIDTH) >> height) + index) * HASH_BYTES;
}

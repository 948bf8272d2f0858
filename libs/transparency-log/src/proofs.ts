import { HashTile } from './hash-tile.js';
import { HASH_BYTES, nodeHash } from './hashing.js';
import { isCount, TILE_HEIGHT, TILE_WIDTH, widthOf } from './layout.js';
import { atLeast, type ReadTile } from './tree.js';

/** A tree as a checkpoint has it. */
export interface TreeHead {
  readonly size: number;
  readonly root: Uint8Array;
}

/** A tree of some size, read from those of its tiles that are asked about, each once; they are kept as long as it is. */
export class TileReader {
  private readonly tiles = new Map<string, Promise<HashTile>>();

  /** @throws RangeError for a size that is no count */
  constructor(
    readonly size: number,
    private readonly read: ReadTile,
  ) {
    if (!isCount(size)) throw new RangeError(`no size of a tree: ${size}`);
  }

  /**
   * The root over the entries [start, end), RFC 6962's MTH; start must be a multiple of the largest power of two in it.
   * @throws MalformedTile for a tile that is too short; what `read` throws
   */
  async range(start: number, end: number): Promise<Buffer> {
    let right: Buffer | undefined;
    // The perfect subtrees of the range from the right, each joined from the left.
    for (let at = end; at > start;) {
      const height = lowestBit(at - start);
      at -= 2 ** height;
      const subtree = await this.subtree(height, at / 2 ** height);
      right = right ? nodeHash(subtree, right) : subtree;
    }
    if (!right) throw new RangeError(`no entries in [${start}, ${end})`);
    return right;
  }

  /** The root over the entries [index·2^height, (index+1)·2^height), all of which are in the tree. */
  private async subtree(height: number, index: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_HEIGHT);
    const within = height - level * TILE_HEIGHT;
    const perTile = TILE_WIDTH / 2 ** within;
    const tile = await this.tile(level, Math.floor(index / perTile));
    return tile.node(within, index % perTile);
  }

  private tile(level: number, index: number): Promise<HashTile> {
    const key = `${level}/${index}`;
    let tile = this.tiles.get(key);
    if (!tile) {
      const name = { level, index, width: widthOf({ level, index }, this.size) };
      this.tiles.set(key, (tile = atLeast(name, this.read).then((bytes) => HashTile.of(bytes))));
    }
    return tile;
  }
}

/**
 * Shows that the entry is in the tree: PATH of RFC 6962 §2.1.1 (RFC 9162 §2.1.3.1), from the entry's sibling to the root's
 * child.
 * @throws RangeError when the tree has no such entry; what `TileReader.range` throws
 */
export async function inclusionProof(index: number, tree: TileReader): Promise<Buffer[]> {
  if (!isCount(index) || index >= tree.size) throw new RangeError(`no entry ${index} in a tree of ${tree.size}`);
  const beside: Promise<Buffer>[] = [];
  for (let start = 0, end = tree.size; end - start > 1;) {
    const middle = start + splitOf(end - start);
    if (index < middle) {
      beside.push(tree.range(middle, end));
      end = middle;
    } else {
      beside.push(tree.range(start, middle));
      start = middle;
    }
  }
  return Promise.all(beside.reverse());
}

/**
 * Shows that the tree begins with all of an earlier one: PROOF of RFC 6962 §2.1.2 (RFC 9162 §2.1.4.1).
 * @throws RangeError unless 0 < earlier ≤ size of the tree: nothing is shown about the tree that has no entry; what
 * `TileReader.range` throws
 */
export async function consistencyProof(earlier: number, tree: TileReader): Promise<Buffer[]> {
  if (!isCount(earlier) || earlier < 1 || earlier > tree.size)
    throw new RangeError(`no consistency between trees of ${earlier} and ${tree.size}`);
  const beside: Promise<Buffer>[] = [];
  let [start, end] = [0, tree.size];
  while (earlier !== end) {
    const middle = start + splitOf(end - start);
    if (earlier <= middle) {
      beside.push(tree.range(middle, end));
      end = middle;
    } else {
      beside.push(tree.range(start, middle));
      start = middle;
    }
  }
  // What is all of the earlier tree, its verifier knows: it is the earlier root.
  if (start > 0) beside.push(tree.range(start, end));
  return Promise.all(beside.reverse());
}

/**
 * Whether the proof leads from the entry's hash to the root: RFC 9162 §2.1.3.2. Never throws.
 * @param leaf  the entry's `leafHash`
 */
export function verifyInclusion(
  index: number,
  { size, root }: TreeHead,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(index) || !isCount(size) || index >= size || !areHashes([leaf, root, ...proof])) return false;
  let [node, last] = [BigInt(index), BigInt(size) - 1n];
  let hash: Uint8Array = leaf;
  for (const step of proof) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      hash = nodeHash(step, hash);
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else hash = nodeHash(hash, step);
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && Buffer.compare(hash, root) === 0;
}

/**
 * Whether the later tree begins with all of the earlier one: RFC 9162 §2.1.4.2. Never throws. An earlier size of 0 is refused:
 * anything begins with nothing, and a proof of it would be taken for more than it is.
 */
export function verifyConsistency(one: TreeHead, two: TreeHead, proof: readonly Uint8Array[]): boolean {
  if (!isCount(one.size) || !isCount(two.size) || one.size < 1 || one.size > two.size) return false;
  if (!areHashes([one.root, two.root, ...proof])) return false;
  if (one.size === two.size) return proof.length === 0 && Buffer.compare(one.root, two.root) === 0;

  const isPower = 2 ** lowestBit(one.size) === one.size;
  const path = isPower ? [one.root, ...proof] : proof;
  let [node, last] = [BigInt(one.size) - 1n, BigInt(two.size) - 1n];
  while ((node & 1n) === 1n) [node, last] = [node >> 1n, last >> 1n];
  const [first, ...rest] = path;
  if (!first) return false;
  let [old, fresh]: [Uint8Array, Uint8Array] = [first, first];
  for (const step of rest) {
    if (last === 0n) return false;
    if ((node & 1n) === 1n || node === last) {
      [old, fresh] = [nodeHash(step, old), nodeHash(step, fresh)];
      while ((node & 1n) === 0n && node !== 0n) [node, last] = [node >> 1n, last >> 1n];
    } else fresh = nodeHash(fresh, step);
    [node, last] = [node >> 1n, last >> 1n];
  }
  return last === 0n && Buffer.compare(old, one.root) === 0 && Buffer.compare(fresh, two.root) === 0;
}

function areHashes(values: readonly Uint8Array[]): boolean {
  return values.every(({ length }) => length === HASH_BYTES);
}

/** The largest power of two that is less than the count. */
function splitOf(count: number): number {
  let split = 1;
  while (split * 2 < count) split *= 2;
  return split;
}

/** The exponent of the largest power of two that divides the count. Not by bits: counts go to 2^53. */
function lowestBit(count: number): number {
  let exponent = 0;
  for (let rest = count; rest % 2 === 0; rest /= 2) exponent += 1;
  return exponent;
}

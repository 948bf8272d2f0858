import { HASH_BYTES, nodeHash, rootOver } from './hashing.js';
import { TILE_HEIGHT, TILE_WIDTH, type TileName, widthOf } from './layout.js';

/** Reads a tile; a wider one will do where a partial one is asked for. */
export type ReadTile = (name: TileName) => Promise<Buffer>;

/** A tree of some size, read from its tiles; the tiles that were read are kept as long as it is. */
export class TileReader {
  private readonly tiles = new Map<string, Promise<Buffer>>();

  constructor(
    readonly size: number,
    private readonly read: ReadTile,
  ) {}

  /** The root of the perfect subtree over the entries [index·2^height, (index+1)·2^height), all of which are in the tree. */
  async subtree(height: number, index: number): Promise<Buffer> {
    const level = Math.floor(height / TILE_HEIGHT);
    const within = 2 ** (height - level * TILE_HEIGHT);
    const first = index * within;
    const tile = await this.tile(level, Math.floor(first / TILE_WIDTH));
    const at = (first % TILE_WIDTH) * HASH_BYTES;
    return rootOver(tile.subarray(at, at + within * HASH_BYTES));
  }

  /** The root over the entries [start, end), start being a multiple of the largest power of two that fits: MTH of RFC 6962. */
  async range(start: number, end: number): Promise<Buffer> {
    let right: Buffer | undefined;
    // The perfect subtrees of the range from the right, each joined from the left.
    for (let at = end; at > start;) {
      const height = lowestBit(at - start);
      const subtree = await this.subtree(height, Math.floor((at - 2 ** height) / 2 ** height));
      right = right ? nodeHash(subtree, right) : subtree;
      at -= 2 ** height;
    }
    if (!right) throw new RangeError(`no entries in [${start}, ${end})`);
    return right;
  }

  private tile(level: number, index: number): Promise<Buffer> {
    const key = `${level}/${index}`;
    let tile = this.tiles.get(key);
    if (!tile) {
      const width = widthOf({ level, index }, this.size);
      this.tiles.set(key, (tile = this.read({ level, index, width })));
    }
    return tile;
  }
}

/**
 * Shows that the entry is in the tree: RFC 9162 §2.1.3.1, from the entry's sibling to the root's child.
 * @throws RangeError when the tree has no such entry
 */
export async function inclusionProof(index: number, tree: TileReader): Promise<Buffer[]> {
  const { size } = tree;
  if (!isCount(index) || !isCount(size) || index >= size)
    throw new RangeError(`no entry ${index} in a tree of ${size}`);
  const proof: Promise<Buffer>[] = [];
  const path = async (start: number, end: number): Promise<void> => {
    if (end - start === 1) return;
    const middle = start + splitOf(end - start);
    if (index < middle) {
      await path(start, middle);
      proof.push(tree.range(middle, end));
    } else {
      await path(middle, end);
      proof.push(tree.range(start, middle));
    }
  };
  await path(0, size);
  return Promise.all(proof);
}

/**
 * Shows that the tree begins with all of an earlier one: RFC 9162 §2.1.4.1.
 * @throws RangeError unless 0 < size1 ≤ size2
 */
export async function consistencyProof(size1: number, tree: TileReader): Promise<Buffer[]> {
  const { size } = tree;
  if (!isCount(size1) || !isCount(size) || size1 < 1 || size1 > size)
    throw new RangeError(`no consistency between trees of ${size1} and ${size}`);
  const proof: Promise<Buffer>[] = [];
  const sub = async (start: number, end: number, isOld: boolean): Promise<void> => {
    if (size1 === end) {
      if (!isOld) proof.push(tree.range(start, end));
      return;
    }
    const middle = start + splitOf(end - start);
    if (size1 <= middle) {
      await sub(start, middle, isOld);
      proof.push(tree.range(middle, end));
    } else {
      await sub(middle, end, false);
      proof.push(tree.range(start, middle));
    }
  };
  await sub(0, size, true);
  return Promise.all(proof);
}

/** Whether the proof leads from the entry's hash to the root: RFC 9162 §2.1.3.2. */
export function verifyInclusion(
  { index, size, root }: { readonly index: number; readonly size: number; readonly root: Uint8Array },
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

/** Whether the later tree begins with all of the earlier one: RFC 9162 §2.1.4.2. With a size of 0 there is nothing to show. */
export function verifyConsistency(
  one: { readonly size: number; readonly root: Uint8Array },
  two: { readonly size: number; readonly root: Uint8Array },
  proof: readonly Uint8Array[],
): boolean {
  if (!isCount(one.size) || !isCount(two.size) || one.size < 1 || one.size > two.size) return false;
  if (!areHashes([one.root, two.root, ...proof])) return false;
  if (one.size === two.size) return proof.length === 0 && Buffer.compare(one.root, two.root) === 0;

  const isPower = 2 ** lowestBit(one.size) === one.size;
  const path = isPower ? [one.root, ...proof] : proof;
  let [node, last] = [BigInt(one.size) - 1n, BigInt(two.size) - 1n];
  while ((node & 1n) === 1n) [node, last] = [node >> 1n, last >> 1n];
  const [first, ...rest] = path;
  if (!first || (isPower && proof.length === 0)) return false;
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

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
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

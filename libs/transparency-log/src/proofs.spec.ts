import fc from 'fast-check';
import { GrownTree, mth } from '../test/grown-tree.js';
import { sharedVectors } from '../test/shared-vectors.js';
import { nodeHash } from './hashing.js';
import { consistencyProof, inclusionProof, TileReader, verifyConsistency, verifyInclusion } from './proofs.js';

describe('an inclusion proof', () => {
  const vectors = sharedVectors('inclusion/**/*.json');
  (vectors ? it : it.skip)('is judged as other implementations judge it (../shared/vectors/tlog/inclusion)', () => {
    expect(vectors?.length).toBeGreaterThan(80);
    const bytes = (text: string) => Buffer.from(text, 'base64');
    for (const { file, text } of vectors ?? []) {
      const { leafIdx, treeSize, root, leafHash, proof, wantErr } = JSON.parse(text) as InclusionVector;
      const holds = verifyInclusion(
        leafIdx,
        { size: treeSize, root: bytes(root) },
        bytes(leafHash),
        (proof ?? []).map(bytes),
      );
      expect({ file, holds }).toEqual({ file, holds: !wantErr });
    }
  });

  it('leads from every entry to the root in trees of every size, and no change of it does', async () => {
    for (let size = 1; size <= 40; size++) {
      const grown = new GrownTree().grow(size);
      const tree = { size, root: grown.root(size) };
      for (const [index, leaf] of grown.leaves.entries()) {
        const proof = await inclusionProof(index, grown.reader());
        expect(proof).toEqual(pathOf(index, grown.leaves));
        expect(verifyInclusion(index, tree, leaf, proof)).toBe(true);
        const others = [...grown.leaves.keys(), size, size + 1].filter((other) => other !== index);
        const accepted = [
          [...changesOf(proof)].filter((changed) => verifyInclusion(index, tree, leaf, changed)),
          others.filter((other) => verifyInclusion(other, tree, leaf, proof)),
          [...bitsFlipped(tree.root)].filter((root) => verifyInclusion(index, { size, root }, leaf, proof)),
          [...bitsFlipped(leaf)].filter((other) => verifyInclusion(index, tree, other, proof)),
        ];
        expect(accepted).toEqual([[], [], [], []]);
      }
    }
  });

  it('reads from tiles, and only those that it needs', async () => {
    const grown = new GrownTree().grow(70_000);
    const tree = { size: 70_000, root: grown.tree.root() };
    expect(tree.root).toEqual(grown.root(70_000));
    for (const [index, tiles] of [
      [0, ['tile/0/000', 'tile/0/273.p/112', 'tile/1/000', 'tile/1/001.p/17']],
      [65_535, ['tile/0/255', 'tile/0/273.p/112', 'tile/1/000', 'tile/1/001.p/17']],
      [65_536, ['tile/0/256', 'tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']],
      [69_999, ['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1']],
    ] as const) {
      const read: string[] = [];
      const proof = await inclusionProof(
        index,
        grown.reader(70_000, (path) => read.push(path)),
      );
      expect(read.sort()).toEqual(tiles);
      expect(verifyInclusion(index, tree, grown.leaves[index] ?? Buffer.alloc(0), proof)).toBe(true);
    }
  });

  it('is not longer than the tree is high, whatever a log signed', () => {
    const [leaf, other] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
    // Not a tree: the root of two leaves, said to be of one.
    for (const root of [nodeHash(other, leaf), nodeHash(leaf, other)])
      expect(verifyInclusion(0, { size: 1, root }, leaf, [other])).toBe(false);
    const root = nodeHash(nodeHash(leaf, other), other);
    expect(verifyInclusion(0, { size: 2, root }, leaf, [other, other])).toBe(false);
    expect(verifyInclusion(0, { size: 3, root }, leaf, [other, other])).toBe(true);
  });

  it('of an entry that is not there does not exist', async () => {
    const grown = new GrownTree().grow(5);
    for (const index of [5, -1, 0.5, NaN, 2 ** 53])
      await expect(inclusionProof(index, grown.reader())).rejects.toThrow(`no entry ${index} in a tree of 5`);
    expect(() => new TileReader(2 ** 53, () => Promise.reject(new Error()))).toThrow(RangeError);
  });

  it('is not made of tiles that are cut off', async () => {
    const short = new TileReader(300, () => Promise.resolve(Buffer.alloc(31)));
    await expect(inclusionProof(7, short)).rejects.toThrow(/has 31 bytes, and \d+ hashes have/);
  });

  it('holds for sizes up to 2^53-1, and not beyond', () => {
    const leaf = Buffer.alloc(32, 5);
    const beside = Array.from({ length: 53 }, (_, at) => Buffer.alloc(32, at + 100));
    // The last leaf of a tree of 2^53-1: its path turns at every level but the lowest.
    const proof = beside.slice(1);
    const root = proof.reduce((hash: Buffer, sibling) => nodeHash(sibling, hash), leaf);
    const size = Number.MAX_SAFE_INTEGER;
    expect(verifyInclusion(size - 1, { size, root }, leaf, proof)).toBe(true);
    expect(verifyInclusion(size, { size: size + 1, root }, leaf, beside)).toBe(false);
  });
});

describe('a consistency proof', () => {
  it('leads from every tree to every later one, and no change of it does', async () => {
    for (let size = 1; size <= 40; size++) {
      const grown = new GrownTree().grow(size);
      const later = { size, root: grown.root(size) };
      for (let earlierSize = 1; earlierSize <= size; earlierSize++) {
        const earlier = { size: earlierSize, root: grown.root(earlierSize) };
        const proof = await consistencyProof(earlierSize, grown.reader());
        expect(proof).toEqual(proofOf(earlierSize, grown.leaves));
        expect(verifyConsistency(earlier, later, proof)).toBe(true);
        const accepted = [
          [...changesOf(proof)].filter((changed) => verifyConsistency(earlier, later, changed)),
          [...bitsFlipped(earlier.root)].filter((root) => verifyConsistency({ ...earlier, root }, later, proof)),
          [...bitsFlipped(later.root)].filter((root) => verifyConsistency(earlier, { ...later, root }, proof)),
        ];
        expect(accepted).toEqual([[], [], []]);
      }
    }
  });

  it('is of its two sizes and no others', async () => {
    const grown = new GrownTree();
    const heads = Array.from({ length: 41 }, (_, size) => ({ size, root: grown.grow(size).tree.root() }));
    const accepted: string[] = [];
    for (const later of heads)
      for (const earlier of heads.slice(1, later.size + 1)) {
        const proof = await consistencyProof(earlier.size, grown.reader(later.size));
        for (let other = 0; other <= 41; other++) {
          if (other !== earlier.size && verifyConsistency({ ...earlier, size: other }, later, proof))
            accepted.push(`${earlier.size} as ${other} to ${later.size}`);
          const isOther = other !== later.size && !sameShape(earlier.size, later.size, other);
          if (isOther && verifyConsistency(earlier, { ...later, size: other }, proof))
            accepted.push(`${earlier.size} to ${later.size} as ${other}`);
        }
      }
    expect(accepted).toEqual([]);
  });

  it('is what RFC 9162 says in its example', async () => {
    // §2.1.5: from 3 to 7 entries c, d, g, l; from 4 to 7 l; from 6 to 7 i, j, k.
    const grown = new GrownTree().grow(7);
    const [a, b, c, d, e, f, j] = grown.leaves as [Buffer, Buffer, Buffer, Buffer, Buffer, Buffer, Buffer];
    const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)];
    const [k, l] = [nodeHash(g, h), nodeHash(i, j)];
    expect(await consistencyProof(3, grown.reader())).toEqual([c, d, g, l]);
    expect(await consistencyProof(4, grown.reader())).toEqual([l]);
    expect(await consistencyProof(6, grown.reader())).toEqual([i, j, k]);
    expect(await consistencyProof(7, grown.reader())).toEqual([]);
  });

  it('from nothing, to less, or of sizes that are no counts shows nothing', async () => {
    const grown = new GrownTree().grow(8);
    const root = grown.root(8);
    for (const size of [0, -1, 9, 1.5, NaN, 2 ** 53]) {
      await expect(consistencyProof(size, grown.reader())).rejects.toThrow(RangeError);
      for (const proof of [[], [root]]) expect(verifyConsistency({ size, root }, { size: 8, root }, proof)).toBe(false);
    }
    expect(verifyConsistency({ size: 0, root: mth([]) }, { size: 8, root }, [])).toBe(false);
    expect(verifyConsistency({ size: 0, root: mth([]) }, { size: 0, root: mth([]) }, [])).toBe(false);
    expect(verifyConsistency({ size: 8, root }, { size: 8, root }, [])).toBe(true);
    expect(verifyConsistency({ size: 8, root }, { size: 8, root }, [root])).toBe(false);
    expect(verifyConsistency({ size: 2 ** 53, root }, { size: 2 ** 53, root }, [])).toBe(false);
  });

  it('holds between any two sizes of a large tree', async () => {
    const grown = new GrownTree();
    for (const size of [300, 1_000, 1_500]) grown.grow(size);
    await fc.assert(
      fc.asyncProperty(
        fc
          .constantFrom(300, 1_000, 1_500)
          .chain((size) => fc.tuple(fc.constant(size), fc.integer({ min: 1, max: size }))),
        async ([size, earlier]) => {
          const proof = await consistencyProof(earlier, grown.reader(size));
          const [one, two] = [earlier, size].map((size) => ({ size, root: grown.root(size) }));
          if (one && two) expect(verifyConsistency(one, two, proof)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });
});

interface InclusionVector {
  readonly leafIdx: number;
  readonly treeSize: number;
  readonly root: string;
  readonly leafHash: string;
  readonly proof: string[] | null;
  readonly wantErr: boolean;
}

/** RFC 6962 §2.1.1 as it is written there. */
function pathOf(index: number, leaves: readonly Buffer[]): Buffer[] {
  if (leaves.length === 1) return [];
  const k = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return index < k ? [...pathOf(index, left), mth(right)] : [...pathOf(index - k, right), mth(left)];
}

/** RFC 6962 §2.1.2 as it is written there. */
function proofOf(earlier: number, leaves: readonly Buffer[], isWhole = true): Buffer[] {
  if (earlier === leaves.length) return isWhole ? [] : [mth(leaves)];
  const k = splitOf(leaves.length);
  const [left, right] = [leaves.slice(0, k), leaves.slice(k)];
  return earlier <= k
    ? [...proofOf(earlier, left, isWhole), mth(right)]
    : [...proofOf(earlier - k, right, false), mth(left)];
}

function splitOf(count: number): number {
  let k = 1;
  while (k * 2 < count) k *= 2;
  return k;
}

/** Whether the verification goes the same way for both later sizes: a proof does not say how large the tree's right end is. */
function sameShape(earlier: number, one: number, other: number): boolean {
  return other >= earlier && shapeOf(earlier, one) === shapeOf(earlier, other);
}

function shapeOf(earlier: number, size: number): string {
  if (earlier === size) return 'same';
  let [node, last, steps] = [earlier - 1, size - 1, ''];
  while (node % 2 === 1) [node, last] = [node >> 1, last >> 1];
  while (last > 0) {
    if (node % 2 === 1 || node === last) {
      steps += 'l';
      while (node % 2 === 0 && node > 0) [node, last] = [node >> 1, last >> 1];
    } else steps += 'r';
    [node, last] = [node >> 1, last >> 1];
  }
  return steps;
}

function flipped(hash: Buffer, bit: number): Buffer {
  const other = Buffer.from(hash);
  other.writeUInt8(other.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
  return other;
}

function* bitsFlipped(hash: Buffer): Generator<Buffer> {
  for (let bit = 0; bit < 256; bit += 17) yield flipped(hash, bit);
}

/** One hash too many, too few, another, too short, two swapped. */
function* changesOf(proof: readonly Buffer[]): Generator<Buffer[]> {
  const extra = Buffer.alloc(32, 7);
  for (let at = 0; at <= proof.length; at++) yield proof.toSpliced(at, 0, extra);
  for (const [at, hash] of proof.entries()) {
    yield proof.toSpliced(at, 1);
    yield proof.toSpliced(at, 0, hash);
    for (const other of bitsFlipped(hash)) yield proof.with(at, other);
    yield proof.with(at, hash.subarray(1));
    yield proof.with(at, Buffer.concat([hash, Buffer.alloc(1)]));
    for (const [other, otherHash] of proof.entries())
      if (other < at && !otherHash.equals(hash)) yield proof.with(at, otherHash).with(other, hash);
  }
}

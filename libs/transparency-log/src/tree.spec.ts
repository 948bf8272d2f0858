import { existsSync, globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { emptyRoot, leafHash, nodeHash } from './hashing.js';
import { levelsOf, readTilePath, TILE_WIDTH, tilePath, tilesOf, widthOf } from './layout.js';
import { consistencyProof, inclusionProof, TileReader, verifyConsistency, verifyInclusion } from './proofs.js';
import { type Tile, TiledTree } from './tree.js';

const vectors = fileURLToPath(new URL('../../../../shared/vectors/tlog/', import.meta.url));
const present = existsSync(vectors);
const absent = present ? '' : ' (skipped: no ../shared/vectors here)';

/** RFC 6962 §2.1 as it is written there. */
function mth(leaves: readonly Buffer[]): Buffer {
  if (leaves.length === 0) return emptyRoot();
  if (leaves.length === 1) return leaves[0] as Buffer;
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return nodeHash(mth(leaves.slice(0, k)), mth(leaves.slice(k)));
}

/** A tree by its tiles, with every tile that ever was. */
class Tiles {
  readonly tiles = new Map<string, Buffer>();
  readonly leaves: Buffer[] = [];
  readonly tree = new TiledTree((tile) => this.keep(tile));

  grow(count: number): this {
    while (this.leaves.length < count) {
      const leaf = leafHash(Buffer.from(`entry ${this.leaves.length}`));
      this.leaves.push(leaf);
      this.tree.append(leaf);
    }
    for (const tile of this.tree.partialTiles()) this.keep(tile);
    return this;
  }

  reader(size = this.leaves.length): TileReader {
    return new TileReader(size, (name) => {
      const tile = this.tiles.get(tilePath(name));
      return tile ? Promise.resolve(tile) : Promise.reject(new Error(`no ${tilePath(name)}`));
    });
  }

  root(size: number): Buffer {
    return mth(this.leaves.slice(0, size));
  }

  private keep(tile: Tile): void {
    this.tiles.set(tilePath(tile), tile.bytes);
  }
}

describe('the tree', () => {
  (present ? it : it.skip)(`has the roots of RFC 6962's test vectors${absent}`, () => {
    const { leaf_inputs_hex: leaves, root_by_size_hex: roots } = JSON.parse(
      readFileSync(`${vectors}rfc6962_roots.json`, 'utf8'),
    ) as { leaf_inputs_hex: string[]; root_by_size_hex: string[] };
    const tree = new TiledTree();
    expect(tree.root().toString('hex')).toBe(roots[0]);
    for (const [index, leaf] of leaves.entries()) {
      tree.append(leafHash(Buffer.from(leaf, 'hex')));
      expect(tree.root().toString('hex')).toBe(roots[index + 1]);
    }
  });

  it('has the root that RFC 6962 defines, at every size, and goes on from its tiles', async () => {
    const tiles = new Tiles();
    for (const size of [0, 1, 2, 3, 7, 255, 256, 257, 511, 512, 600, 1_000]) {
      tiles.grow(size);
      expect(tiles.tree.root()).toEqual(tiles.root(size));
      const loaded = await TiledTree.load(size, async (name) => tiles.tiles.get(tilePath(name)) as Buffer);
      expect(loaded.root()).toEqual(tiles.root(size));
      const further = leafHash(Buffer.from('one more'));
      loaded.append(further);
      expect(loaded.root()).toEqual(mth([...tiles.leaves, further]));
    }
  });

  it('has the tiles of tlog-tiles’ own example', () => {
    const size = 70_000;
    const widths = [0, 1, 2].map((level) => [...tilesOf(level, size)].map(({ width }) => width));
    expect(widths[0]).toHaveLength(274);
    expect(widths[0]?.at(-1)).toBe(112);
    expect(widths.slice(1)).toEqual([[256, 17], [1]]);
    expect([levelsOf(size), levelsOf(256), levelsOf(0)]).toEqual([3, 2, 0]);
    expect([...tilesOf(1, 256)]).toEqual([{ level: 1, index: 0, width: 1 }]);
    expect(widthOf({ level: 'entries', index: 273 }, size)).toBe(112);
  });
});

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
    [{ level: 63, index: 1_000, width: 1 }, 'tile/63/x001/000.p/1'],
  ] as const)('of %j is %s', (name, path) => {
    expect(tilePath(name)).toBe(path);
    expect(readTilePath(path)).toEqual(name);
  });

  it.each([
    ...['', 'tile', 'tile/0/0', 'tile/0/0000', 'tile/00/000', 'tile/64/000', 'tile/-1/000', 'tile/0/x000/000'],
    ...['tile/0/001/002', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/0/000.p/', 'tile/0/../000'],
    ...[
      'tile/entries/000/',
      '/tile/0/000',
      'tile/0/000\n',
      'tile/data/000',
      'tile/0/x999/x999/x999/x999/x999/x999/999',
    ],
  ])('is not %j', (path) => {
    expect(readTilePath(path)).toBeUndefined();
  });
});

describe('an inclusion proof', () => {
  interface Vector {
    readonly leafIdx: number;
    readonly treeSize: number;
    readonly root: string;
    readonly leafHash: string;
    readonly proof: string[] | null;
    readonly wantErr: boolean;
  }
  const files = present ? globSync(`${vectors}inclusion/**/*.json`).sort() : [];

  (present ? it : it.skip)(`is judged as other implementations judge it${absent}`, () => {
    expect(files.length).toBeGreaterThan(50);
    for (const file of files) {
      const {
        leafIdx,
        treeSize,
        root,
        leafHash: leaf,
        proof,
        wantErr,
      } = JSON.parse(readFileSync(file, 'utf8')) as Vector;
      const bytes = (text: string | null) => Buffer.from(text ?? '', 'base64');
      const holds = verifyInclusion(
        { index: leafIdx, size: treeSize, root: bytes(root) },
        bytes(leaf),
        (proof ?? []).map(bytes),
      );
      expect({ file, holds }).toEqual({ file, holds: !wantErr });
    }
  });

  it('leads from every entry to the root, in trees of every size, and from no other', async () => {
    for (let size = 1; size <= 70; size++) {
      const grown = new Tiles().grow(size);
      const root = grown.root(size);
      for (let index = 0; index < size; index++) {
        const proof = await inclusionProof(index, grown.reader());
        const leaf = grown.leaves[index] as Buffer;
        expect(verifyInclusion({ index, size, root }, leaf, proof)).toBe(true);
        for (const other of [index - 1, index + 1, index ^ 1])
          if (other !== index) expect(verifyInclusion({ index: other, size, root }, leaf, proof)).toBe(false);
        for (const changed of changesOf(proof))
          expect(verifyInclusion({ index, size, root }, leaf, changed)).toBe(false);
        expect(verifyInclusion({ index, size, root: flipped(root) }, leaf, proof)).toBe(false);
      }
    }
  });

  it('reads across tiles', async () => {
    const tiles = new Tiles().grow(70_000);
    const root = tiles.tree.root();
    for (const index of [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
      const proof = await inclusionProof(index, tiles.reader());
      expect(verifyInclusion({ index, size: 70_000, root }, tiles.leaves[index] as Buffer, proof)).toBe(true);
    }
  });

  it('of an entry that is not there does not exist', async () => {
    await expect(inclusionProof(5, new Tiles().grow(5).reader())).rejects.toThrow('no entry 5 in a tree of 5');
    await expect(inclusionProof(-1, new Tiles().grow(5).reader())).rejects.toThrow(RangeError);
  });
});

describe('a consistency proof', () => {
  const sizes = Array.from({ length: 40 }, (_, index) => index + 1);

  it('leads from every tree to every later one, and no change of it does', async () => {
    for (const size of sizes) {
      const tiles = new Tiles().grow(size);
      const two = { size, root: tiles.root(size) };
      for (let size1 = 1; size1 <= size; size1++) {
        const one = { size: size1, root: tiles.root(size1) };
        const proof = await consistencyProof(size1, tiles.reader());
        expect(verifyConsistency(one, two, proof)).toBe(true);
        for (const changed of changesOf(proof)) expect(verifyConsistency(one, two, changed)).toBe(false);
        const otherRoot = flipped(one.root);
        expect(verifyConsistency({ ...one, root: otherRoot }, two, proof)).toBe(false);
        expect(verifyConsistency(one, { ...two, root: flipped(two.root) }, proof)).toBe(false);
        if (size1 < size) {
          expect(verifyConsistency({ ...one, size: size1 + 1 }, two, proof)).toBe(false);
          expect(verifyConsistency(two, one, proof)).toBe(false);
        }
      }
    }
  });

  it('is what RFC 9162 defines', async () => {
    // The example of §2.1.5: from 3 to 7 entries c, d, g, l; from 4 to 7 l; from 6 to 7 i, j, k.
    const tiles = new Tiles().grow(7);
    const [a, b, c, d] = tiles.leaves as [Buffer, Buffer, Buffer, Buffer];
    const [e, f, j] = tiles.leaves.slice(4) as [Buffer, Buffer, Buffer];
    const [g, h, i] = [nodeHash(a, b), nodeHash(c, d), nodeHash(e, f)];
    const [k, l] = [nodeHash(g, h), nodeHash(i, j)];
    expect(await consistencyProof(3, tiles.reader())).toEqual([c, d, g, l]);
    expect(await consistencyProof(4, tiles.reader())).toEqual([l]);
    expect(await consistencyProof(6, tiles.reader())).toEqual([i, j, k]);
    expect(await consistencyProof(7, tiles.reader())).toEqual([]);
  });

  it('from nothing, to less, or of sizes that are no numbers shows nothing', async () => {
    const tiles = new Tiles().grow(8);
    const root = tiles.root(8);
    for (const size1 of [0, -1, 9, 1.5, NaN]) {
      await expect(consistencyProof(size1, tiles.reader())).rejects.toThrow(RangeError);
      expect(verifyConsistency({ size: size1, root }, { size: 8, root }, [])).toBe(false);
    }
    expect(verifyConsistency({ size: 8, root }, { size: 8, root }, [])).toBe(true);
    expect(verifyConsistency({ size: 8, root }, { size: 8, root }, [root])).toBe(false);
    expect(verifyConsistency({ size: 2 ** 53, root }, { size: 2 ** 53, root }, [])).toBe(false);
  });

  it('holds between any two sizes of a large tree', async () => {
    const tiles = new Tiles().grow(1_500);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 1_500 }), async (size1) => {
        const proof = await consistencyProof(size1, tiles.reader());
        const one = { size: size1, root: tiles.root(size1) };
        expect(verifyConsistency(one, { size: 1_500, root: tiles.tree.root() }, proof)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});

function flipped(hash: Buffer): Buffer {
  const other = Buffer.from(hash);
  other.writeUInt8(other.readUInt8(7) ^ 1, 7);
  return other;
}

function* changesOf(proof: readonly Buffer[]): Generator<Buffer[]> {
  const extra = Buffer.alloc(32, 7);
  yield [...proof, extra];
  yield [extra, ...proof];
  for (let at = 0; at < proof.length; at++) {
    yield proof.toSpliced(at, 1);
    yield proof.with(at, flipped(proof[at] as Buffer));
    yield proof.with(at, (proof[at] as Buffer).subarray(1));
    if (at > 0 && !proof[at]?.equals(proof[at - 1] as Buffer))
      yield proof.with(at, proof[at - 1] as Buffer).with(at - 1, proof[at] as Buffer);
  }
}

it('appends a full tile of hashes for every 256 entries', () => {
  const full: Tile[] = [];
  const tree = new TiledTree((tile) => full.push(tile));
  for (let index = 0; index < 65_536; index++) tree.append(Buffer.alloc(32, index % 251));
  expect(full.filter(({ level }) => level === 0)).toHaveLength(256);
  expect(full.filter(({ level }) => level === 1)).toMatchObject([{ index: 0, width: TILE_WIDTH }]);
  expect([...tree.partialTiles()]).toMatchObject([{ level: 2, index: 0, width: 1 }]);
});

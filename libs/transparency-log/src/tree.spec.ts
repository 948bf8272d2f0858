import fc from 'fast-check';
import { GrownTree, mth } from '../test/grown-tree.js';
import { sharedVectors } from '../test/shared-vectors.js';
import { leafHash } from './hashing.js';
import { TILE_WIDTH, tilePath, tilesFor } from './layout.js';
import { type Tile, TiledTree } from './tree.js';

describe('the tree', () => {
  const [vectors] = sharedVectors('rfc6962_roots.json') ?? [];
  (vectors ? it : it.skip)('has the roots of other implementations (../shared/vectors/tlog/rfc6962_roots.json)', () => {
    const { leaf_inputs_hex: entries, root_by_size_hex: roots } = JSON.parse(vectors?.text ?? '') as Record<
      'leaf_inputs_hex' | 'root_by_size_hex',
      string[]
    >;
    const tree = new TiledTree();
    expect(tree.root().toString('hex')).toBe(roots[0]);
    for (const [index, entry] of entries.entries()) {
      tree.append(leafHash(Buffer.from(entry, 'hex')));
      expect(tree.root().toString('hex')).toBe(roots[index + 1]);
    }
    expect(tree.size).toBe(8);
  });

  it('has the root that RFC 6962 defines, at every size', () => {
    const grown = new GrownTree();
    for (let size = 0; size <= 600; size++) expect(grown.grow(size).tree.root()).toEqual(grown.root(size));
    for (const size of [65_535, 65_536, 65_537, 66_000]) expect(grown.grow(size).tree.root()).toEqual(grown.root(size));
  });

  it('goes on from its tiles, at whatever size it stopped', async () => {
    const grown = new GrownTree();
    for (const size of [0, 1, 2, 255, 256, 257, 511, 512, 1_000, 65_535, 65_536, 65_537]) {
      grown.grow(size);
      const loaded = await TiledTree.load(size, async (name) => grown.tiles.get(tilePath(name)) ?? Buffer.alloc(0));
      expect(loaded.root()).toEqual(grown.tree.root());
      const [one, two] = [leafHash(Buffer.from('one more')), leafHash(Buffer.from('and one more'))];
      loaded.append(one);
      loaded.append(two);
      expect(loaded.root()).toEqual(mth([...grown.leaves, one, two]));
    }
  });

  it('goes on from a full tile where the partial one has been deleted', async () => {
    const grown = new GrownTree().grow(256);
    const full = grown.tiles.get('tile/0/000') ?? Buffer.alloc(0);
    const loaded = await TiledTree.load(100, () => Promise.resolve(full));
    expect(loaded.root()).toEqual(grown.root(100));
  });

  it('does not go on from a tile that is cut off, nor at a size that is none', async () => {
    const short = async () => Buffer.alloc(99 * 32);
    await expect(TiledTree.load(100, short)).rejects.toThrow('tile/0/000.p/100 has 3168 bytes');
    for (const size of [-1, 0.5, NaN, 2 ** 53]) await expect(TiledTree.load(size, short)).rejects.toThrow(RangeError);
    expect(() => new TiledTree().append(Buffer.alloc(31))).toThrow('a hash of 31 bytes');
  });

  it('gives, between two sizes, exactly the tiles that the larger one needs and the smaller one had not', () => {
    fc.assert(
      fc.property(fc.nat(1_500), fc.nat(1_500), (some, more) => {
        const full: Tile[] = [];
        const tree = new TiledTree((tile) => full.push(tile));
        for (let index = 0; index < some; index++) tree.append(Buffer.alloc(32, index));
        full.length = 0;
        const before = [...tree.partialTiles()].map(tilePath);
        for (let index = 0; index < more; index++) tree.append(Buffer.alloc(32, index));
        const given = [...full, ...tree.partialTiles()].map(tilePath).filter((path) => !before.includes(path));
        const needed = [...tilesFor(some + more, some)].filter(({ level }) => level !== 'entries');
        expect(given.sort()).toEqual(needed.map(tilePath).sort());
      }),
      { numRuns: 50 },
    );
  });

  it('hands out a tile when its 256th hash is there', () => {
    const full: Tile[] = [];
    const tree = new TiledTree((tile) => full.push(tile));
    for (let index = 0; index < 65_536; index++) tree.append(Buffer.alloc(32, index % 251));
    expect(full.filter(({ level }) => level === 0)).toHaveLength(256);
    expect(full.filter(({ level }) => level === 1)).toMatchObject([{ index: 0, width: TILE_WIDTH }]);
    expect([...tree.partialTiles()]).toMatchObject([{ level: 2, index: 0, width: 1 }]);
    expect(full.every(({ bytes }) => bytes.length === 8_192)).toBe(true);
  });

  it('can be copied, and the copy dropped', () => {
    const { tree } = new GrownTree().grow(300);
    const root = tree.root();
    const full: Tile[] = [];
    const copy = tree.copy((tile) => full.push(tile));
    for (let index = 0; index < 300; index++) copy.append(Buffer.alloc(32, 7));
    expect(full.map(tilePath)).toEqual(['tile/0/001']);
    expect(copy.size).toBe(600);
    expect(tree.size).toBe(300);
    expect(tree.root()).toEqual(root);
    expect(copy.root()).not.toEqual(root);
  });
});

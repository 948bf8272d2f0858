import fc from 'fast-check';
import {
  levelsOf,
  MalformedTile,
  readBundle,
  readTilePath,
  TILE_WIDTH,
  type TileName,
  tilePath,
  tilesFor,
  widthOf,
  writeBundle,
} from './layout.js';

describe('the path of a tile', () => {
  it.each([
    [{ level: 0, index: 0, width: 256 }, 'tile/0/000'],
    [{ level: 1, index: 1_234_067, width: 256 }, 'tile/1/x001/x234/067'],
    [{ level: 'entries', index: 273, width: 112 }, 'tile/entries/273.p/112'],
    [{ level: 63, index: 1_000, width: 1 }, 'tile/63/x001/000.p/1'],
    [{ level: 0, index: Number.MAX_SAFE_INTEGER, width: 9 }, 'tile/0/x009/x007/x199/x254/x740/991.p/9'],
  ] as const)('of %j is %s', (name, path) => {
    expect(tilePath(name)).toBe(path);
    expect(readTilePath(path)).toEqual(name);
  });

  it.each([
    ...['', 'tile', 'tile/0/0', 'tile/0/0000', 'tile/00/000', 'tile/64/000', 'tile/-1/000', 'tile/0/x000/000'],
    ...['tile/0/001/002', 'tile/0/000.p/0', 'tile/0/000.p/256', 'tile/0/000.p/01', 'tile/0/000.p/', 'tile/0/x001'],
    ...['tile/0/../000', 'tile/0/%2e%2e/000', 'tile//000', '/tile/0/000', 'tile/entries/000/', 'tile/0/000\n'],
    ...['tile/data/000', 'Tile/0/000', 'tile/0/000.p/1/2', 'tile/0/x999/x999/x999/x999/x999/x999/999'],
    ...['tile/0/x009/x007/x199/x254/x740/992', `tile/0/${'x000/'.repeat(10_000)}000`, 'tile/0/٠٠٠'],
  ])('is not %j', (path) => {
    expect(readTilePath(path)).toBeUndefined();
  });

  it('of no tile is not written', () => {
    for (const [level, index, width] of [
      [64, 0, 1],
      [-1, 0, 1],
      [0, -1, 1],
      [0, 2 ** 53, 1],
      [0, 0, 0],
      [0, 0, 257],
      [0.5, 0, 1],
    ] as const)
      expect(() => tilePath({ level, index, width })).toThrow(RangeError);
  });

  it('reads as it was written, and only one path is read as any tile', () => {
    const level = fc.oneof(fc.integer({ min: 0, max: 63 }), fc.constant('entries' as const));
    const name = fc.record({ level, index: fc.maxSafeNat(), width: fc.integer({ min: 1, max: 256 }) });
    fc.assert(fc.property(name, (name) => expect(readTilePath(tilePath(name))).toEqual(name)));
    const noise = fc.stringMatching(/^tile\/(entries|\d{1,2})\/(x?\d{1,3}\/){0,3}\d{1,4}(\.p\/\d{1,4})?$/);
    fc.assert(
      fc.property(noise, (path) => {
        const name = readTilePath(path);
        if (name) expect(tilePath(name)).toBe(path);
      }),
    );
  });
});

describe('the tiles of a tree', () => {
  it('are those of tlog-tiles’ own example', () => {
    const widths = Map.groupBy(tilesFor(70_000), ({ level }) => level);
    const of = (level: TileName['level']) => widths.get(level)?.map(({ width }) => width);
    expect(of(0)).toEqual([...Array<number>(273).fill(256), 112]);
    expect(of('entries')).toEqual(of(0));
    expect(of(1)).toEqual([256, 17]);
    expect(of(2)).toEqual([1]);
    expect([...widths.keys()]).toEqual(['entries', 0, 1, 2]);
    expect([...tilesFor(256)].map(tilePath)).toEqual(['tile/entries/000', 'tile/0/000', 'tile/1/000.p/1']);
  });

  it('are none for none, and have at most seven levels', () => {
    expect([...tilesFor(0)]).toEqual([]);
    expect([levelsOf(0), levelsOf(1), levelsOf(256), levelsOf(Number.MAX_SAFE_INTEGER)]).toEqual([0, 1, 2, 7]);
    expect(widthOf({ level: 6, index: 0 }, Number.MAX_SAFE_INTEGER)).toBe(31);
    for (const [size, earlier] of [
      [1, 2],
      [-1, 0],
      [2 ** 53, 0],
      [1.5, 0],
    ] as const)
      expect(() => [...tilesFor(size, earlier)]).toThrow(RangeError);
  });
});

describe('a bundle of entries', () => {
  it('reads as it was written', () => {
    const entry = fc.uint8Array({ maxLength: 700 }).map((bytes) => Buffer.from(bytes));
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: TILE_WIDTH }), (entries) =>
        expect(readBundle(writeBundle(entries), entries.length)).toEqual(entries),
      ),
    );
    const largest = [Buffer.alloc(65_535, 1), Buffer.alloc(0), Buffer.alloc(65_535, 2)];
    expect(readBundle(writeBundle(largest), 3)).toEqual(largest);
  });

  it('takes no entry that its length cannot be written of, and not more than a tile has hashes', () => {
    expect(() => writeBundle([Buffer.alloc(70_000)])).toThrow('an entry of 70000 bytes: at most 65535');
    expect(() => writeBundle([])).toThrow('a bundle of 0 entries');
    expect(() => writeBundle(Array<Buffer>(257).fill(Buffer.alloc(0)))).toThrow('a bundle of 257 entries');
  });

  it.each([
    ['0003aabbcc00', 2, 'ends before entry 1 of 2'],
    ['0003aabbcc', 2, 'ends before entry 1 of 2'],
    ['0003aabbcc0004aa', 2, 'entry 1 of 2 claims 4 bytes, and 1 are left'],
    ['0003aabbcc0001aa', 1, '3 bytes after the last of 1 entries'],
    ['', 1, 'ends before entry 0 of 1'],
    ['ffff00', 1, 'entry 0 of 1 claims 65535 bytes, and 1 are left'],
  ])('is not %s with %i entries', (hex, count, why) => {
    expect(() => readBundle(Buffer.from(hex, 'hex'), count)).toThrow(new MalformedTile(why));
  });
});

import { HASH_BYTES, MAX_ENTRY_BYTES } from './hashing.js';

// Where things are: C2SP tlog-tiles.

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** log2(TILE_WIDTH): levels of the tree between two levels of tiles. */
export const TILE_HEIGHT = 8;
export const CHECKPOINT = 'checkpoint';

/** A tile, or a bundle of entries: `entries` is beside the levels, as wide as level 0. */
export interface TileName {
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; less than 256 makes it a partial one. */
  readonly width: number;
}

/** `tile/0/x001/x234/067` or `tile/entries/000.p/17`. */
export function tilePath({ level, index, width }: TileName): string {
  if (!Number.isSafeInteger(index) || index < 0) throw new RangeError(`no index of a tile: ${index}`);
  const groups: string[] = [];
  for (let rest = index, first = true; first || rest > 0; rest = Math.floor(rest / 1_000), first = false)
    groups.unshift(`${first ? '' : 'x'}${String(rest % 1_000).padStart(3, '0')}`);
  return `tile/${level}/${groups.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/)*\d{3})(?:\.p\/(\d{1,3}))?$/;

/** @returns undefined for what is not written exactly as `tilePath` would write it */
export function readTilePath(path: string): TileName | undefined {
  const [, level, groups, width] = PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return undefined;
  const index = Number(groups.replaceAll(/[x/]/g, ''));
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index,
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (!Number.isSafeInteger(index) || (typeof name.level === 'number' && name.level > 63)) return undefined;
  if (name.width < 1 || (width !== undefined && name.width >= TILE_WIDTH)) return undefined;
  return tilePath(name) === path ? name : undefined;
}

/** How wide the tile is in a tree of that size; 0 when it is not there. */
export function widthOf({ level, index }: Pick<TileName, 'level' | 'index'>, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** All tiles of the level in a tree of that size, the last one perhaps partial. */
export function* tilesOf(level: TileName['level'], size: number): Generator<TileName> {
  for (let index = 0, width; (width = widthOf({ level, index }, size)) > 0; index++) yield { level, index, width };
}

/** Levels of tiles in a tree of that size. */
export function levelsOf(size: number): number {
  let levels = 0;
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) levels += 1;
  return levels;
}

/** A bundle: of each entry its length in two bytes, big-endian, and its bytes. */
export function writeBundle(entries: readonly Uint8Array[]): Buffer {
  const bundle = Buffer.allocUnsafe(entries.reduce((sum, { length }) => sum + 2 + length, 0));
  let at = 0;
  for (const entry of entries) {
    if (entry.length > MAX_ENTRY_BYTES)
      throw new RangeError(`an entry of ${entry.length} bytes: at most ${MAX_ENTRY_BYTES}`);
    at = bundle.writeUInt16BE(entry.length, at);
    bundle.set(entry, at);
    at += entry.length;
  }
  return bundle;
}

export class MalformedTile extends Error {
  override readonly name = 'MalformedTile';
}

/**
 * The entries of a bundle, as views of its bytes.
 * @param count  how many there must be
 * @throws MalformedTile
 */
export function readBundle(bundle: Buffer, count: number): Buffer[] {
  const entries: Buffer[] = [];
  let at = 0;
  while (entries.length < count) {
    const place = `entry ${entries.length} of ${count}`;
    if (at + 2 > bundle.length) throw new MalformedTile(`ends before ${place}`);
    const length = bundle.readUInt16BE(at);
    at += 2;
    if (at + length > bundle.length)
      throw new MalformedTile(`${place} claims ${length} bytes, and ${bundle.length - at} are left`);
    entries.push(bundle.subarray(at, (at += length)));
  }
  if (at !== bundle.length) throw new MalformedTile(`${bundle.length - at} bytes after the last of ${count} entries`);
  return entries;
}

/** @throws MalformedTile when it has not exactly the hashes of a tile of that width */
export function checkTile(tile: Buffer, width: number): Buffer {
  if (tile.length !== width * HASH_BYTES)
    throw new MalformedTile(`has ${tile.length} bytes, and ${width} hashes have ${width * HASH_BYTES}`);
  return tile;
}

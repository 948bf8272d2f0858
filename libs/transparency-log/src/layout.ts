import { HASH_BYTES, MAX_ENTRY_BYTES } from './hashing.js';

// Where things are and how they are written: C2SP tlog-tiles. Counts go to 2^53-1, the largest that a number holds exactly.

/** Hashes in a full tile, and entries in a full bundle. */
export const TILE_WIDTH = 256;
/** log2(TILE_WIDTH): levels of the tree between two levels of tiles. */
export const TILE_HEIGHT = 8;
export const CHECKPOINT = 'checkpoint';
/** Folder of an export with every checkpoint that was published, each named after its size. */
export const CHECKPOINTS = 'checkpoints';
/** File of an export with the key that the log signs with. */
export const VERIFIER_KEY = 'verifier.key';
/** A bundle whose entries are all as large as they can be: 16 MB. */
export const MAX_BUNDLE_BYTES = TILE_WIDTH * (2 + MAX_ENTRY_BYTES);

/** A tile of hashes, or a bundle of entries: `entries` is beside the levels, as wide as level 0. */
export interface TileName {
  /** 0 to 63: entries, or tiles of the level below, in each hash of a tile are 256^level. */
  readonly level: number | 'entries';
  readonly index: number;
  /** 1 to 256; less than 256 makes it a partial one. */
  readonly width: number;
}

export interface HashTileName extends TileName {
  readonly level: number;
}

/**
 * `tile/0/x001/x234/067` or `tile/entries/000.p/17`.
 * @throws RangeError for what no tile is named
 */
export function tilePath({ level, index, width }: TileName): string {
  if (!isCount(index) || !isCount(width) || width < 1 || width > TILE_WIDTH || !(level === 'entries' || isLevel(level)))
    throw new RangeError(`no tile is named ${level}/${index}, ${width} wide`);
  const groups: string[] = [];
  for (let rest = index, first = true; first || rest > 0; rest = Math.floor(rest / 1_000), first = false)
    groups.unshift(`${first ? '' : 'x'}${String(rest % 1_000).padStart(3, '0')}`);
  return `tile/${level}/${groups.join('/')}${width < TILE_WIDTH ? `.p/${width}` : ''}`;
}

/** At most six groups: an index of 2^53 has sixteen digits. */
const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/;

/** @returns undefined for what is not written exactly as `tilePath` writes it */
export function readTilePath(path: string): TileName | undefined {
  const [, level, groups, width] = PATH.exec(path) ?? [];
  if (level === undefined || groups === undefined) return undefined;
  const name: TileName = {
    level: level === 'entries' ? level : Number(level),
    index: Number(groups.replaceAll(/[x/]/g, '')),
    width: width === undefined ? TILE_WIDTH : Number(width),
  };
  if (!isCount(name.index) || (name.level !== 'entries' && !isLevel(name.level))) return undefined;
  if (name.width < 1 || name.width > TILE_WIDTH) return undefined;
  return tilePath(name) === path ? name : undefined;
}

/** How wide the tile is in a tree of that size; 0 when it is not there. */
export function widthOf({ level, index }: Pick<TileName, 'level' | 'index'>, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** (level === 'entries' ? 0 : level));
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH));
}

/** Levels of tiles in a tree of that size; 7 at most. */
export function levelsOf(size: number): number {
  let levels = 0;
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) levels += 1;
  return levels;
}

/**
 * The tiles and bundles that a tree of that size needs, and one of the earlier size did not have: the bundles, then level by
 * level, each from left to right.
 * @throws RangeError unless 0 ≤ earlier ≤ size
 */
export function* tilesFor(size: number, earlier = 0): Generator<TileName> {
  if (!isCount(size) || !isCount(earlier) || earlier > size)
    throw new RangeError(`no tiles between trees of ${earlier} and ${size}`);
  const levels: TileName['level'][] = ['entries', ...Array(levelsOf(size)).keys()];
  for (const level of levels) {
    const before = Math.floor(earlier / TILE_WIDTH ** (level === 'entries' ? 0 : level));
    for (let index = Math.floor(before / TILE_WIDTH), width; (width = widthOf({ level, index }, size)) > 0; index++)
      if (width !== widthOf({ level, index }, earlier)) yield { level, index, width };
  }
}

/**
 * A bundle: of each entry its length in two bytes, big-endian, and its bytes.
 * @param entries  1 to 256, each of at most 65,535 bytes
 * @throws RangeError
 */
export function writeBundle(entries: readonly Uint8Array[]): Buffer {
  if (entries.length < 1 || entries.length > TILE_WIDTH) throw new RangeError(`a bundle of ${entries.length} entries`);
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

/** A tile or a bundle is not what its name says; the message says in which place. */
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
    const place = entries.length;
    if (at + 2 > bundle.length) throw new MalformedTile(`ends before entry ${place} of ${count}`);
    const length = bundle.readUInt16BE(at);
    at += 2;
    if (at + length > bundle.length)
      throw new MalformedTile(`entry ${place} of ${count} claims ${length} bytes, and ${bundle.length - at} are left`);
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

/** Whether it is a whole number from 0 to 2^53-1. */
export function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function isLevel(level: number): boolean {
  return isCount(level) && level <= 63;
}

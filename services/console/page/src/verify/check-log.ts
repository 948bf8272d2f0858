import './buffer.js';
import {
  consistencyProof,
  inclusionProof,
  leafHash,
  openCheckpoint,
  readBundle,
  readVerifierKey,
  type SignedCheckpoint,
  TILE_WIDTH,
  type TileName,
  TileReader,
  tilePath,
  verifyConsistency,
  verifyInclusion,
  widthOf,
} from '@fairlead/transparency-log/verify';

/** Where the log's files are: this server, or a folder that was taken away. Paths as in C2SP tlog-tiles. */
export type ReadFile = (path: string) => Promise<Uint8Array>;

/** A file that could not be read, which says nothing of the log: whoever keeps it was not there, or had no time, or asks who one is. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';
}

export interface WhatToCheck {
  readonly read: ReadFile;
  /** As the log's operator published it: `name+hex+base64`. */
  readonly verifierKey: string;
  /** A checkpoint that was seen before, signatures and all. */
  readonly seen?: string | undefined;
  /** The entry to be shown in the tree; the last one when nothing is said. */
  readonly index?: number | undefined;
}

export type StepName = 'key' | 'checkpoint' | 'consistency' | 'entry' | 'inclusion';

export interface Step {
  readonly name: StepName;
  readonly title: string;
  /** What was found, in a sentence. */
  readonly says: string;
  /** `unread`: whether it is right is not known. */
  readonly outcome: 'right' | 'wrong' | 'unread';
  /** What it was found in, to be looked at; of a step that is wrong, what did not fit together. */
  readonly bytes?: string;
  /** Why it is `unread`. */
  readonly cause?: Unreadable;
}

export interface Verdict {
  readonly outcome: 'sound' | 'unsound' | 'unread';
  /** The checkpoint that holds, to be remembered; undefined when none does. */
  readonly checkpoint?: SignedCheckpoint;
}

/**
 * Checks a log step by step, each told as soon as it is known; it ends with the first that is not right, since nothing after it would mean
 * anything. The functions are those that the log is made and exported with.
 */
export async function* checkLog({ read, verifierKey, seen, index }: WhatToCheck): AsyncGenerator<Step, Verdict> {
  const [key, keyStep] = await attempt('key', 'The key', async (shown) => {
    shown(verifierKey.trim());
    const verifier = readVerifierKey(verifierKey);
    return [verifier, `It is the key of ${verifier.name}.`] as const;
  });
  yield keyStep;
  if (!key) return endedBy(keyStep);

  const [checkpoint, checkpointStep] = await attempt('checkpoint', 'The checkpoint', async (shown) => {
    const note = text(await read('checkpoint'));
    shown(note);
    const opened = openCheckpoint(note, key);
    return [opened, `${key.name} signed that the log has ${opened.size} entries with this root.`] as const;
  });
  yield checkpointStep;
  if (!checkpoint) return endedBy(checkpointStep);
  const { size, root } = checkpoint;
  const readTile = async (name: TileName) => Buffer.from(await read(tilePath(name)));
  const tree = () => new TileReader(size, readTile);

  if (seen !== undefined) {
    const [consistent, step] = await attempt('consistency', 'Since the last time', async (shown) => {
      shown(seen);
      const before = openCheckpoint(seen, key);
      shown(`${seen}\n${checkpoint.note}`);
      if (before.size > size) throw new Error(`The log had ${before.size} entries and has ${size} now: some are gone.`);
      const proof = before.size === 0 ? [] : await consistencyProof(before.size, tree());
      shown(hashes(['The root of then', before.root], ...proof.map(beside), ['The root of now', root]));
      if (before.size > 0 && !verifyConsistency(before, checkpoint, proof))
        throw new Error(
          `What the log said of its first ${before.size} entries is not what it says now: it was forked.`,
        );
      return [true, `All ${before.size} entries of then are there, in their order.`] as const;
    });
    yield step;
    if (!consistent) return endedBy(step);
  }
  if (size === 0) return { outcome: 'sound', checkpoint };

  const at = index ?? size - 1;
  const [entry, entryStep] = await attempt('entry', `Entry ${at}`, async (shown) => {
    if (at >= size) throw new Error(`The log has ${size} entries: there is none of number ${at}.`);
    const place = { level: 'entries', index: Math.floor(at / TILE_WIDTH) } as const;
    const width = widthOf(place, size);
    const bundle = Buffer.from(await read(tilePath({ ...place, width })));
    shown(`${bundle.length} bytes, which begin with\n${hex(bundle.subarray(0, SHOWN_BYTES))}`);
    const bytes = readBundle(bundle, width)[at % TILE_WIDTH] as Buffer;
    shown(text(bytes));
    return [bytes, `${bytes.length} bytes, as they were published.`] as const;
  });
  yield entryStep;
  if (!entry) return endedBy(entryStep);

  const [included, inclusionStep] = await attempt('inclusion', 'Its place in the log', async (shown) => {
    const leaf = leafHash(entry);
    shown(hashes(['The hash of the entry', leaf], ['The signed root', root]));
    const proof = await inclusionProof(at, tree());
    shown(hashes(['The hash of the entry', leaf], ...proof.map(beside), ['The signed root', root]));
    if (!verifyInclusion(at, { size, root }, leaf, proof))
      throw new Error('The hashes do not lead from the entry to the signed root: the entry or a tile was changed.');
    return [true, `${proof.length} hashes lead from it to the signed root.`] as const;
  });
  yield inclusionStep;
  return included ? { outcome: 'sound', checkpoint } : endedBy(inclusionStep);
}

/** Enough of a file that is none to see what it is instead. */
const SHOWN_BYTES = 512;

function endedBy({ outcome }: Step): Verdict {
  return { outcome: outcome === 'unread' ? 'unread' : 'unsound' };
}

/** What comes of a step, and how it is told. Whatever goes wrong in it, the step is wrong and says why; unless it was not to be read at all. */
async function attempt<T>(
  name: StepName,
  title: string,
  work: (shown: (bytes: string) => void) => Promise<readonly [T, string]>,
): Promise<[T | undefined, Step]> {
  let bytes: string | undefined;
  const told = () => ({ name, title, ...(bytes !== undefined && { bytes }) });
  try {
    const [result, says] = await work((shown) => (bytes = shown));
    return [result, { ...told(), says, outcome: 'right' }];
  } catch (error) {
    const says = sentence((error as Error).message);
    if (error instanceof Unreadable) return [undefined, { ...told(), says, outcome: 'unread', cause: error }];
    return [undefined, { ...told(), says, outcome: 'wrong' }];
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function beside(hash: Uint8Array): readonly [string, Uint8Array] {
  return ['Beside it', hash];
}

/** A line for each, with what it is. */
function hashes(...told: readonly (readonly [string, Uint8Array])[]): string {
  return told.map(([what, hash]) => `${hex(hash)}  ${what}`).join('\n');
}

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

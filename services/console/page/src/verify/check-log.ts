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
  readonly isRight: boolean;
  /** What it was found in, to be looked at. */
  readonly bytes?: string;
}

export interface Verdict {
  readonly isSound: boolean;
  /** The checkpoint that holds, to be remembered; undefined when none does. */
  readonly checkpoint?: SignedCheckpoint;
}

/**
 * Checks a log step by step, each told as soon as it is known; it ends with the first that is wrong, since nothing after it would mean
 * anything. The functions are those that the log is made and exported with.
 */
export async function* checkLog({ read, verifierKey, seen, index }: WhatToCheck): AsyncGenerator<Step, Verdict> {
  const broken: Verdict = { isSound: false };
  const [key, keyStep] = await attempt('key', 'The key', async () => {
    const verifier = readVerifierKey(verifierKey);
    return [verifier, `It is the key of ${verifier.name}.`, verifierKey.trim()] as const;
  });
  yield keyStep;
  if (!key) return broken;

  const [checkpoint, checkpointStep] = await attempt('checkpoint', 'The checkpoint', async () => {
    const note = text(await read('checkpoint'));
    const opened = openCheckpoint(note, key);
    return [opened, `${key.name} signed that the log has ${opened.size} entries with this root.`, note] as const;
  });
  yield checkpointStep;
  if (!checkpoint) return broken;
  const { size, root } = checkpoint;
  const readTile = async (name: TileName) => Buffer.from(await read(tilePath(name)));
  const tree = () => new TileReader(size, readTile);

  if (seen !== undefined) {
    const [consistent, step] = await attempt('consistency', 'Since the last time', async () => {
      const before = openCheckpoint(seen, key);
      if (before.size > size) throw new Error(`The log had ${before.size} entries and has ${size} now: some are gone.`);
      const proof = before.size === 0 ? [] : await consistencyProof(before.size, tree());
      if (before.size > 0 && !verifyConsistency(before, checkpoint, proof))
        throw new Error(
          `What the log said of its first ${before.size} entries is not what it says now: it was forked.`,
        );
      return [true, `All ${before.size} entries of then are there, in their order.`, hex(proof)] as const;
    });
    yield step;
    if (!consistent) return broken;
  }
  if (size === 0) return { isSound: true, checkpoint };

  const at = index ?? size - 1;
  const [entry, entryStep] = await attempt('entry', `Entry ${at}`, async () => {
    if (at >= size) throw new Error(`The log has ${size} entries: there is none of number ${at}.`);
    const place = { level: 'entries', index: Math.floor(at / TILE_WIDTH) } as const;
    const width = widthOf(place, size);
    const entries = readBundle(Buffer.from(await read(tilePath({ ...place, width }))), width);
    const bytes = entries[at % TILE_WIDTH] as Buffer;
    return [bytes, `${bytes.length} bytes, as they were published.`, text(bytes)] as const;
  });
  yield entryStep;
  if (!entry) return broken;

  const [included, inclusionStep] = await attempt('inclusion', 'Its place in the log', async () => {
    const leaf = leafHash(entry);
    const proof = await inclusionProof(at, tree());
    if (!verifyInclusion(at, { size, root }, leaf, proof))
      throw new Error('The hashes do not lead from the entry to the signed root: the entry or a tile was changed.');
    return [true, `${proof.length} hashes lead from it to the signed root.`, hex([leaf, ...proof, root])] as const;
  });
  yield inclusionStep;
  return included ? { isSound: true, checkpoint } : broken;
}

/** What comes of a step, and how it is told; whatever goes wrong in it, the step is wrong and says why. */
async function attempt<T>(
  name: StepName,
  title: string,
  work: () => Promise<readonly [T, string, string]>,
): Promise<[T | undefined, Step]> {
  try {
    const [result, says, bytes] = await work();
    return [result, { name, title, says, isRight: true, bytes }];
  } catch (error) {
    return [undefined, { name, title, says: sentence((error as Error).message), isRight: false }];
  }
}

function sentence(message: string): string {
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? '' : '.'}`;
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function hex(hashes: readonly Uint8Array[]): string {
  return hashes.map((hash) => Array.from(hash, (byte) => byte.toString(16).padStart(2, '0')).join('')).join('\n');
}

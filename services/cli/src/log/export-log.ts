import { readdirSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import {
  CHECKPOINT,
  CHECKPOINTS,
  consistencyProof,
  FolderStorage,
  HASH_BYTES,
  levelsOf,
  MAX_NOTE_BYTES,
  MAX_BUNDLE_BYTES,
  MalformedNote,
  MalformedTile,
  openCheckpoint,
  readBundle,
  readVerifierKey,
  TILE_WIDTH,
  type TileName,
  tilePath,
  TileReader,
  tilesFor,
  type TreeHead,
  UnreadableFile,
  type Verifier,
  VERIFIER_KEY,
  verifyConsistency,
} from '@fairlead/transparency-log';
import { type Api, Refused } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { READ_MODELS } from './exported-read-models.js';

export interface Exported {
  readonly entries: number;
  /** Files that were fetched; the others were there. */
  readonly fetched: number;
  readonly checkpoints: number;
  /** Whether what the read models came to is kept beside the log; else why not. */
  readonly readModels: true | string;
}

/** Requests under way at once: enough to keep a link busy, few enough to leave the system to others. */
const AT_ONCE = 8;
/** Of some three hundred bytes each. */
const CHECKPOINTS_A_PAGE = 1_000;
/** What a service has folded was in Kafka before, and is in the published log a second later; and half a second for good measure. */
const IN_THE_LOG_WITHIN_MS = 1_500;

/** For whoever has only a browser: it checks the folder that it is in. */
const VERIFY_PAGE = 'verify.html';

/** What an export has in it. */
const OURS: ReadonlySet<string> = new Set([
  ...['.unfinished', CHECKPOINT, CHECKPOINTS, 'tile', VERIFIER_KEY, READ_MODELS, VERIFY_PAGE],
]);

/**
 * Takes the log away as plain files. What is there already is not fetched again; an export that was interrupted goes on. The
 * checkpoint is written last, so a folder is always the export of some moment; the key first, so that none is of two logs.
 * @throws CommandFailed that says what keeps it from that
 */
export async function exportLog(
  api: Api,
  folder: string,
  onProgress: (done: number, of: number) => void,
  { readModels = true } = {},
): Promise<Exported> {
  try {
    return await exportInto(api, folder, onProgress, readModels);
  } catch (error) {
    if (error instanceof UnreadableFile) throw new CommandFailed(`${folder}/${error.message}.`, { file: error.path });
    if (error instanceof MalformedNote)
      throw new CommandFailed(`What the system has as its log is none: ${error.message}.`);
    const { code, path } = error as NodeJS.ErrnoException;
    if (code !== undefined && path !== undefined)
      throw new CommandFailed(`${path} cannot be written (${code}).`, { file: path });
    throw error;
  }
}

async function exportInto(
  api: Api,
  folder: string,
  onProgress: (done: number, of: number) => void,
  readModels: boolean,
): Promise<Exported> {
  const storage = new FolderStorage(folder);
  const key = await api.read('/log/verifier.key');
  const log = readVerifierKey(key.toString('utf8'));
  const strange = readFolder(folder).find((name) => !OURS.has(name));
  if (strange !== undefined)
    throw new CommandFailed(
      `${folder} has other things in it (${strange}): give a folder that is empty, or an export.`,
    );
  const keyBefore = await storage.read(VERIFIER_KEY, MAX_NOTE_BYTES);
  if (keyBefore && keyBefore.toString('utf8').trim() !== key.toString('utf8').trim())
    throw new CommandFailed(`${folder} has another log, by its verifier.key.`);
  // Before the log is read: so that it has all that they were folded from.
  const models = readModels ? await readModelsOf(api) : undefined;
  const note = await api.read('/log/checkpoint');
  const { size, root } = openCheckpoint(note, log);
  const before = await storage.read(CHECKPOINT, MAX_BUNDLE_BYTES);
  // Before anything is written: of a log that was changed what is there is the proof.
  if (before) await mustGoOn(openedIn(before, log, folder), { size, root }, api, folder);

  if (!keyBefore) await storage.write(VERIFIER_KEY, key);
  const { verifyPage } = await import('@fairlead/console/verify-page');
  await storage.write(VERIFY_PAGE, await readFile(verifyPage));

  // One after the other, and never all of them: that the log is as large as it says is seen as they come.
  const tiles = tilesFor(size);
  const total = countOfTiles(size);
  let done = 0;
  let fetched = 0;
  const fetchNext = async (): Promise<void> => {
    for (let next; !(next = tiles.next()).done;) {
      const tile = next.value;
      const path = tilePath(tile);
      // Full tiles never change, and what is there is verified by whoever reads it; but a copy may have been cut short.
      const there = await storage.read(path, MAX_BUNDLE_BYTES);
      if (!there || faultOf(tile, there) !== undefined) {
        const bytes = await api.read(`/log/${path}`);
        const fault = faultOf(tile, bytes);
        if (fault !== undefined) throw new CommandFailed(`What the system has as ${path} is none: ${fault}.`);
        await storage.write(path, bytes);
        fetched += 1;
      }
      onProgress((done += 1), total);
    }
  };
  // After a failure nothing more is begun, and what is under way is waited for: afterwards nobody answers it.
  const stopping = (error: unknown) => {
    tiles.return(undefined);
    throw error;
  };
  const fetching = await Promise.allSettled(Array.from({ length: AT_ONCE }, () => fetchNext().catch(stopping)));
  for (const each of fetching) if (each.status === 'rejected') throw each.reason;

  // All of them: a witness may have signed one that is here already. Of older ones the log keeps one an hour, so they are few.
  const checkpoints = await api.list<{ size: number; note: string }>('/log/checkpoints', 'checkpoints', {
    limit: CHECKPOINTS_A_PAGE,
  });
  const known = checkpoints.filter((each) => each.size <= size);
  for (const each of known) {
    const path = `checkpoints/${each.size}`;
    const there = await storage.read(path, MAX_NOTE_BYTES);
    const whole = there ? withItsSignatures(there.toString('utf8'), each.note) : each.note;
    if (whole === undefined)
      throw new CommandFailed(`${folder}/${path} is of another log, or damaged: it is not what this one published.`);
    if (there?.toString('utf8') === whole) continue;
    await storage.write(path, Buffer.from(whole));
    fetched += 1;
  }
  await storage.write(CHECKPOINT, note);
  // One of another moment would be worse than none.
  if (Buffer.isBuffer(models)) await storage.write(READ_MODELS, models);
  else await rm(join(folder, READ_MODELS), { force: true });
  return {
    ...{ entries: size, fetched, checkpoints: checkpointsIn(folder).length },
    readModels: Buffer.isBuffer(models) ? true : (models?.message ?? 'they were not asked for'),
  };
}

/**
 * A checkpoint that is there, and what was signed under it since. Nothing that is there is given up: a system that has come back
 * from a backup may have forgotten it.
 * @returns undefined where the two are not the same checkpoint
 */
function withItsSignatures(there: string, published: string): string | undefined {
  const [text, before] = partsOf(there);
  const [publishedText, now] = partsOf(published);
  if (text !== publishedText) return undefined;
  return there + now.filter((line) => !before.includes(line)).join('');
}

/** Of a signed note: what is signed, and the lines of those who did. */
function partsOf(note: string): [text: string, signatures: string[]] {
  const end = note.lastIndexOf('\n\n') + 2;
  return [note.slice(0, end), note.slice(end).match(/[^\n]+\n/g) ?? []];
}

/** What leads, offers and counts are shown from; answered when the log has all that they were folded from. */
async function readModelsOf(api: Api): Promise<Buffer | Refused> {
  try {
    const models = await api.read('/v1/read-models');
    await pause(IN_THE_LOG_WITHIN_MS);
    return models;
  } catch (error) {
    // Another service has them, and it need not run; nor may every key ask for them.
    if (error instanceof Refused && [403, 404].includes(error.status)) return error;
    throw error;
  }
}

/** The sizes that there are checkpoints of. */
function checkpointsIn(folder: string): number[] {
  return readFolder(join(folder, CHECKPOINTS)).flatMap((name) => (/^\d{1,15}$/.test(name) ? [Number(name)] : []));
}

function readFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Sees to it that the system's log begins with the one that is there, whole.
 * @throws CommandFailed
 */
async function mustGoOn(had: TreeHead, now: TreeHead, api: Api, folder: string): Promise<void> {
  if (had.size > now.size)
    throw new CommandFailed(
      `${folder} has ${had.size} entries of a log, and this one has only ${now.size}: it is another log, or it lost some.`,
    );
  // Anything begins with nothing.
  if (had.size === 0) return;
  const tree = new TileReader(now.size, async (name) => {
    const bytes = await api.read(`/log/${tilePath(name)}`);
    const fault = faultOf(name, bytes);
    if (fault !== undefined) throw new CommandFailed(`What the system has as ${tilePath(name)} is none: ${fault}.`);
    return bytes;
  });
  if (verifyConsistency(had, now, await consistencyProof(had.size, tree))) return;
  throw new CommandFailed(
    `The log that the system has now does not begin with the ${had.size} entries that are in ${folder}: it was changed, or is ` +
      'another one under the same key. Nothing was written. Keep this export, which shows it, and export into another folder.',
    { file: join(folder, CHECKPOINT), entries: had.size },
  );
}

/** What is wrong with a tile or a bundle by its form; undefined: nothing. */
function faultOf({ level, width }: TileName, bytes: Buffer): string | undefined {
  if (level !== 'entries')
    return bytes.length === width * HASH_BYTES ? undefined : `it has ${bytes.length} bytes, and ${width} hashes`;
  try {
    readBundle(bytes, width);
    return undefined;
  } catch (error) {
    if (error instanceof MalformedTile) return error.message;
    throw error;
  }
}

function countOfTiles(size: number): number {
  let count = Math.ceil(size / TILE_WIDTH);
  for (let level = 0; level < levelsOf(size); level++)
    count += Math.ceil(Math.floor(size / TILE_WIDTH ** level) / TILE_WIDTH);
  return count;
}

function openedIn(note: Buffer, log: Verifier, folder: string): TreeHead {
  try {
    return openCheckpoint(note, log);
  } catch (error) {
    if (error instanceof MalformedNote)
      throw new CommandFailed(`${folder} has another log, or a damaged one: ${error.message}.`);
    throw error;
  }
}

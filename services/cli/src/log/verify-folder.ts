import { closeSync, constants, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { decodeEvent, type FairleadEvent, InvalidEvent } from '@fairlead/events';
import {
  FolderStorage,
  LogNotSound,
  MAX_NOTE_BYTES,
  MalformedNote,
  readVerifierKey,
  readWitnesses,
  type VerifiedLog,
  type Verifier,
  verifyLog,
  type VerifyOptions,
} from '@fairlead/transparency-log';
import { CommandFailed } from '../api/command-failed.js';
import { plainTrouble } from './plain-trouble.js';

/** What an exported log is to be judged by: files. */
export interface JudgedBy {
  readonly key?: string;
  readonly since?: string;
  /** Files with verifier keys of witnesses. */
  readonly witness?: readonly string[];
}

/**
 * Verifies a log that was exported into a folder.
 * @throws CommandFailed that says what is wrong with it, and where
 */
export async function verifyFolder(
  folder: string,
  { key, since, witness = [] }: JudgedBy,
  on: Pick<VerifyOptions, 'onEntries' | 'onProgress'>,
): Promise<VerifiedLog> {
  mustBeFolder(folder);
  try {
    return await verifyLog(new FolderStorage(folder, { waitForDisk: true }), {
      ...on,
      ...(key !== undefined && { log: readKey(key) }),
      witnesses: readWitnessFiles(witness),
      ...(since !== undefined && { since: readFile(since) }),
    });
  } catch (error) {
    if (error instanceof LogNotSound)
      throw new CommandFailed(`The log is not sound. ${error.message}`, { where: error.where, what: error.what });
    const { code, path } = error as NodeJS.ErrnoException;
    // A disk that fails, or files that are somebody else's: no finding about the log.
    if (code !== undefined && path !== undefined)
      throw new CommandFailed(`${path} cannot be read (${code}).`, { file: path });
    throw error;
  }
}

/** Hands on each entry of a log, in order; the next waits for whatever `read` answers. */
export function eachEntry(read: (entry: Buffer) => unknown): NonNullable<VerifyOptions['onEntries']> {
  return async (entries, firstIndex) => {
    for (const [at, entry] of entries.entries()) {
      const busy = readEntry(entry, firstIndex + at, read);
      if (busy instanceof Promise) await busy;
    }
  };
}

/**
 * Hands on an entry. What is no event of ours fails whoever reads it in one way or another, and so may an event that says what
 * cannot be: that is told by the entry's index, and what is wrong with it.
 * @throws CommandFailed; as it is what is wrong with the machine
 */
export function readEntry<T>(entry: Buffer, index: number, read: (entry: Buffer) => T): T {
  try {
    return read(entry);
  } catch (error) {
    if (plainTrouble(error)) throw error;
    const invalid = error instanceof InvalidEvent ? error : whyInvalid(entry);
    const what = invalid?.message ?? (error as Error).message;
    const says = invalid ? 'is no event of Fairlead’s' : 'cannot be read';
    throw new CommandFailed(`Entry ${index} of the log ${says}. ${what}`, { where: `entry ${index}`, what });
  }
}

function whyInvalid(entry: Buffer): InvalidEvent | undefined {
  try {
    decodeEvent(entry);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidEvent) return error;
    throw error;
  }
}

/**
 * An entry as an event, of which every field is looked at: for whoever shows it, and reads few.
 * @throws InvalidEvent
 */
export function readWhole(entry: Buffer): FairleadEvent {
  return decodeEvent(entry);
}

/** @throws CommandFailed */
export function mustBeFolder(folder: string): void {
  let isFolder: boolean;
  try {
    isFolder = statSync(folder).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = code === 'ENOENT' ? `There is no folder ${folder}.` : `${folder} cannot be read (${code}).`;
    throw new CommandFailed(what, { file: folder });
  }
  if (!isFolder) throw new CommandFailed(`${folder} is no folder.`, { file: folder });
}

/** @throws CommandFailed for a file that cannot be read, or is no key */
export function readKey(file: string): Verifier {
  try {
    return readVerifierKey(readFile(file).toString('utf8'));
  } catch (error) {
    if (error instanceof MalformedNote) throw new CommandFailed(`${file} is no verifier key: ${error.message}.`);
    throw error;
  }
}

function readWitnessFiles(files: readonly string[]): Verifier[] {
  try {
    // Together, so that a key in two files is told.
    return readWitnesses(files.map((file) => readFile(file).toString('utf8')).join('\n'));
  } catch (error) {
    if (error instanceof MalformedNote)
      throw new CommandFailed(`${files.join(', ')}: not the verifier keys of witnesses: ${error.message}.`);
    throw error;
  }
}

/**
 * A file that is small by its nature: a checkpoint or a key, if nothing else is said.
 * @throws CommandFailed
 */
export function readFile(file: string, mostBytes = MAX_NOTE_BYTES): Buffer {
  let handle: number | undefined;
  try {
    // A pipe would otherwise keep us waiting for somebody who writes.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new CommandFailed(`${file} is no file.`, { file });
    if (stat.size > mostBytes)
      throw new CommandFailed(`${file} has ${stat.size} bytes, and what belongs there has ${mostBytes} at most.`, {
        file,
      });
    return readFileSync(handle);
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    throw new CommandFailed(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, { file });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

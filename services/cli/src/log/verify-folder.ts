import { existsSync, readFileSync } from 'node:fs';
import {
  FolderStorage,
  LogNotSound,
  MalformedNote,
  readVerifierKey,
  type VerifiedLog,
  type Verifier,
  verifyLog,
  type VerifyOptions,
} from '@fairlead/transparency-log';
import { CommandFailed } from '../api/command-failed.js';

/** What an exported log is to be judged by: files. */
export interface JudgedBy {
  readonly key?: string;
  readonly since?: string;
}

/**
 * Verifies a log that was exported into a folder.
 * @throws CommandFailed that says what is wrong with it, and where
 */
export async function verifyFolder(
  folder: string,
  { key, since }: JudgedBy,
  on: Pick<VerifyOptions, 'onEntries' | 'onProgress'>,
): Promise<VerifiedLog> {
  if (!existsSync(folder)) throw new CommandFailed(`There is no folder ${folder}.`);
  try {
    return await verifyLog(new FolderStorage(folder), {
      ...on,
      ...(key !== undefined && { log: readKey(key) }),
      ...(since !== undefined && { since: readFile(since) }),
    });
  } catch (error) {
    if (error instanceof LogNotSound) throw new CommandFailed(`The log is not sound. ${error.message}`);
    throw error;
  }
}

function readKey(file: string): Verifier {
  try {
    return readVerifierKey(readFile(file).toString('utf8'));
  } catch (error) {
    if (error instanceof MalformedNote) throw new CommandFailed(`${file} is no verifier key: ${error.message}.`);
    throw error;
  }
}

function readFile(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

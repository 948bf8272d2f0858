import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import type { ReadModels } from '@fairlead/outcome-tracking/read-models';
import { CommandFailed } from '../api/command-failed.js';
import { mustBeFolder, readFile } from './verify-folder.js';

/** Beside the log: what the read models of the system were when the log was taken. */
export const READ_MODELS = 'read-models.json';

/** Of 256 parts, a hundred bytes each. */
const MAX_BYTES = 256 * 1_024;

/**
 * @returns its text; undefined where the export has none
 * @throws CommandFailed where it is no file, or too large for what an export wrote
 */
export function readExported(folder: string): string | undefined {
  mustBeFolder(folder);
  const file = join(folder, READ_MODELS);
  try {
    if (!lstatSync(file, { throwIfNoEntry: false })) return undefined;
  } catch (error) {
    throw new CommandFailed(`${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`, { file });
  }
  return readFile(file, MAX_BYTES).toString('utf8');
}

/** @throws CommandFailed where that is nothing that an export wrote */
export async function exportedReadModels(folder: string, text: string): Promise<ReadModels> {
  const { readReadModels } = await import('@fairlead/outcome-tracking/read-models');
  const models = readReadModels(text);
  if (models) return models;
  const file = join(folder, READ_MODELS);
  throw new CommandFailed(`${file} is not what an export wrote: delete it to replay without comparing.`, { file });
}

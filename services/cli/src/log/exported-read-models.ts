import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ReadModels } from '@fairlead/outcome-tracking/read-models';
import { CommandFailed } from '../api/command-failed.js';

/** Beside the log: what the read models of the system were when the log was taken. */
export const READ_MODELS = 'read-models.json';

/** @returns undefined where the export has none */
export async function readExportedReadModels(folder: string): Promise<ReadModels | undefined> {
  const file = join(folder, READ_MODELS);
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    throw new CommandFailed(`${file} cannot be read (${code}).`);
  }
  const { readReadModels } = await import('@fairlead/outcome-tracking/read-models');
  const models = readReadModels(text);
  if (!models) throw new CommandFailed(`${file} is not what an export wrote: delete it to replay without comparing.`);
  return models;
}

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PARTS, type ReadModels } from '@fairlead/outcome-tracking/read-models';
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
  try {
    const models = JSON.parse(text) as ReadModels;
    if (isWhole(models)) return models;
  } catch {
    // said below
  }
  throw new CommandFailed(`${file} is not what an export wrote: delete it to replay without comparing.`);
}

function isWhole(models: ReadModels | null): boolean {
  return (
    Array.isArray(models?.parts) &&
    models.parts.length === PARTS &&
    models.parts.every(({ leads, hash }) => Number.isInteger(leads) && typeof hash === 'string') &&
    typeof models.counts === 'string' &&
    typeof models.promises === 'string'
  );
}

import { open } from 'node:fs/promises';
import { CommandFailed } from '../api/command-failed.js';

/** Rows that are written at once. */
const BATCH = 10_000;

/**
 * Writes `externalId,probability`, in the order of the leads.
 * @throws CommandFailed where the file cannot be written
 */
export async function writePredictions(
  path: string,
  predictions: readonly { readonly id: string; readonly probability: number }[],
): Promise<void> {
  try {
    const file = await open(path, 'w');
    try {
      await file.write('externalId,probability\n');
      for (let from = 0; from < predictions.length; from += BATCH) {
        const rows = predictions
          .slice(from, from + BATCH)
          .map(({ id, probability }) => `${cell(id)},${probability.toFixed(6)}\n`);
        await file.write(rows.join(''));
      }
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new CommandFailed(`${path} cannot be written (${(error as NodeJS.ErrnoException).code}).`, { file: path });
  }
}

/** A spreadsheet would run what begins like a formula; an id does not begin so, unless it is a number below nothing. */
function cell(id: string): string {
  const safe = /^\s*[=+@]|^\s*-(?!\d)/.test(id) ? `'${id}` : id;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

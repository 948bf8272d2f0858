import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { plainTrouble } from './plain-trouble.js';

/**
 * Works with a folder for what does not fit into memory, which is gone afterwards.
 * @param name  how it begins
 * @throws CommandFailed also for what is wrong with the machine
 */
export async function withScratch<Result>(name: string, work: (folder: string) => Promise<Result>): Promise<Result> {
  let folder: string | undefined;
  try {
    folder = await mkdtemp(join(tmpdir(), name));
    return await work(folder);
  } catch (error) {
    throw plainTrouble(error) ?? error;
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  }
}

import { closeSync, openSync, writeSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { plainTrouble, troubleOfOwnDatabase } from './plain-trouble.js';

/** What came of something that cannot be done. */
async function thrownBy(work: () => unknown): Promise<unknown> {
  try {
    await work();
  } catch (error) {
    return error;
  }
  throw new Error('it was done');
}

describe('trouble with the machine', () => {
  it('is a sentence about the folder that can be put right, also where the system names no file', async () => {
    const full = openSync('/dev/full', 'w');
    const error = await thrownBy(() => writeSync(full, 'x'));
    closeSync(full);
    expect(plainTrouble(error)?.message).toBe(
      `No room is left in ${tmpdir()} for what memory has no room for (ENOSPC). Make some, or set TMPDIR to another folder.`,
    );
    const missing = await thrownBy(() => mkdtemp('/nowhere/fairlead-'));
    expect(plainTrouble(missing)?.message).toMatch(/^\/nowhere\/fairlead-\S+ cannot be written \(ENOENT\)\. TMPDIR /);
  });

  it('is no defect of ours, and no answer of a server that somebody else has', async () => {
    expect(plainTrouble(new TypeError('x is not a function'))).toBeUndefined();
    expect(plainTrouble(await thrownBy(() => fetch('http://127.0.0.1:9')))).toBeUndefined();
    expect(troubleOfOwnDatabase(new TypeError('x is not a function'))).toBeUndefined();
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandFailed } from '../api/command-failed.js';
import { entriesOf } from './entries-of.js';
import { readAsOf } from './read-as-of.js';
import { trustOfFolder } from './trust-of-folder.js';

describe('what trust figures are asked for from files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-as-of-'));
  const file = join(folder, 'answer.json');
  afterAll(() => rmSync(folder, { recursive: true }));
  const why = async (work: Promise<unknown>) =>
    work.then(
      () => 'nothing is wrong',
      (error: unknown) => (error instanceof CommandFailed ? error.message : error),
    );

  it('is as of the position in an answer, or of the position alone', async () => {
    const asOf = { at: '2026-01-31T12:00:00.000Z', events: [3, 0, 5], total: 8 };
    for (const written of [{ pool: null, asOf }, asOf]) {
      writeFileSync(file, JSON.stringify(written));
      expect(await readAsOf(file)).toEqual({ at: Date.UTC(2026, 0, 31, 12), events: [3, 0, 5] });
    }
  });

  it.each([
    ['{"pool":null}', 'is no answer'],
    ['not JSON', 'is no answer'],
    ['{"asOf":{"at":"2026-01-31T12:00:00Z","events":[1,-1]}}', 'is no answer'],
    ['{"asOf":{"at":"2026-01-31T12:00:00Z","events":null}}', 'says of no position'],
  ])('says what is wrong with %s', async (written, sentence) => {
    writeFileSync(file, written);
    expect(await why(readAsOf(file))).toContain(sentence);
  });

  it('says that a folder is no export, or has gaps', async () => {
    expect(await why(entriesOf(join(folder, 'nowhere')).next())).toContain('There is no folder');
    expect(await why(entriesOf(folder).next())).toContain('is no export');
    const gaps = join(folder, 'gaps');
    mkdirSync(gaps);
    writeFileSync(join(gaps, 'checkpoint'), 'log.example\n300\nAAAA\n');
    expect(await why(entriesOf(gaps).next())).toContain('has a gap: entries 0');
    mkdirSync(join(gaps, 'tile/entries'), { recursive: true });
    writeFileSync(
      join(gaps, 'tile/entries/000'),
      Buffer.concat([Buffer.from([0xff, 0xff]), Buffer.alloc(70_000, 'x')]),
    );
    expect(await why(entriesOf(gaps).next())).toContain('gaps/tile/entries/000 is damaged: entry 1 of 256 ');
    writeFileSync(join(gaps, 'checkpoint'), 'log.example\n18446744073709551615\nAAAA\n');
    expect(await why(entriesOf(gaps).next())).toContain(
      'gaps/checkpoint says that there are 18446744073709551615 entries, which no log has',
    );
  });

  it('says what cannot be asked for, before a log is read', async () => {
    expect(await why(trustOfFolder(folder, { age: '31' }, undefined, () => undefined))).toContain('--age must be');
  });
});

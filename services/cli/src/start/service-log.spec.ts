import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { PassThrough } from 'node:stream';
import { ServiceLog } from './service-log.js';

const MB = 1024 * 1024;

describe('the log of the services', () => {
  let file: string;
  let now: number;
  let told: string[];
  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), 'fairlead-log-')), 'kept', 'services.log');
    mkdirSync(dirname(file));
    now = 0;
    told = [];
  });
  afterEach(() => rmSync(join(dirname(file), '..'), { recursive: true }));

  /** What a process says, line by line, until all of it was taken. */
  async function say(log: ServiceLog, ...lines: string[]): Promise<void> {
    const output = new PassThrough();
    log.follow(output);
    const ended = new Promise((resolve) => output.once('close', resolve));
    output.end(lines.map((line) => `${line}\n`).join(''));
    await ended;
    await new Promise((resolve) => setImmediate(resolve));
  }
  const opened = () =>
    new ServiceLog(
      file,
      (text) => told.push(text),
      () => now,
    );

  it('begins a new file when one is full, and keeps the one before', async () => {
    writeFileSync(file, 'x'.repeat(20 * MB + 1));
    const log = opened();
    await say(log, 'the first', 'the second');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('the first\nthe second\n');
    expect(readFileSync(`${file}.1`)).toHaveLength(20 * MB + 1);
    expect(told).toEqual([]);
  });

  it('goes on in the old file when there can be no new one, says so once, and tries again a minute later', async () => {
    // On a full disk this was thrown in the middle of reading what the services say: the supervisor died of it, and took
    // everything that it looks after with it.
    writeFileSync(file, 'x'.repeat(20 * MB + 1));
    mkdirSync(join(`${file}.1`, 'in the way'), { recursive: true });
    const log = opened();
    await say(log, 'the first', 'the second');
    now = 61_000;
    await say(log, 'the third');
    expect(readFileSync(file, 'utf8').slice(-40)).toMatch(/xthe first\nthe second\nthe third\n$/);
    expect(told).toEqual([expect.stringContaining(`${file} cannot be put aside`)]);

    rmSync(`${file}.1`, { recursive: true });
    await say(log, 'the fourth');
    expect(readFileSync(file, 'utf8').slice(-40)).toMatch(/the fourth\n$/);
    now = 122_000;
    await say(log, 'the fifth');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('the fifth\n');
  });

  it('goes on when the file was put aside and a new one cannot be opened', async () => {
    writeFileSync(file, 'x'.repeat(20 * MB + 1));
    const log = opened();
    rmSync(dirname(file), { recursive: true });
    await say(log, 'lost with its folder');
    expect(told).toHaveLength(1);
    mkdirSync(dirname(file));
    now = 61_000;
    await say(log, 'found again');
    log.close();
    expect(readFileSync(file, 'utf8')).toBe('found again\n');
  });

  it('does not let the old file grow without end meanwhile', async () => {
    writeFileSync(file, 'x'.repeat(40 * MB + 1));
    mkdirSync(join(`${file}.1`, 'in the way'), { recursive: true });
    const log = opened();
    await say(log, 'one line more', '{"level":"error","event":"told"}');
    log.close();
    expect(readFileSync(file)).toHaveLength(40 * MB + 1);
    expect(told).toContain('told');
  });
});

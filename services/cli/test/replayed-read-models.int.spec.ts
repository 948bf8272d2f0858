import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandHost } from './fixture/command-host.js';
import { madeEntries, writeLog } from './fixture/made-log.js';

const LEADS = 60;
/** A PostgreSQL is started for each replay. */
const PATIENCE_MS = 120_000;

interface Part {
  readonly leads: number;
  readonly events: number;
}

describe('a replay, of which the export says what the system had', () => {
  let folder: string;
  let log: string;
  let rebuilt: { readonly parts: readonly Part[] };
  const host = new CommandHost();
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-compared-'));
    log = join(folder, 'log');
    writeLog(log, madeEntries(LEADS));
    const { stdout } = await host.run(['replay', log, '--json']);
    ({ rebuilt } = (JSON.parse(stdout) as { readModels: { rebuilt: typeof rebuilt } }).readModels);
  }, PATIENCE_MS);
  afterAll(() => {
    host.end();
    rmSync(folder, { recursive: true, force: true });
  });

  const had = (parts: readonly Part[]) =>
    writeFileSync(join(log, 'read-models.json'), JSON.stringify({ ...rebuilt, parts }));
  /** As the system was an event earlier. */
  const earlier = (part: Part): Part => (part.leads === 0 ? part : { ...part, events: part.events - 1 });

  it(
    'says in how many parts they were the same, and how far the log is ahead in the others',
    async () => {
      had(rebuilt.parts);
      const same = await host.run(['replay', log]);
      expect(same).toMatchObject({ code: 0, stderr: '' });
      expect(same.stdout).toContain('The system had the same, byte for byte.\n');

      const [first, ...others] = rebuilt.parts.flatMap(({ leads }, part) => (leads > 0 ? [part] : []));
      had(rebuilt.parts.map((part, at) => (at === first ? earlier(part) : part)));
      const inMotion = await host.run(['replay', log]);
      expect(inMotion).toMatchObject({ code: 0, stderr: '' });
      expect(inMotion.stdout).toContain(`The system had the same, byte for byte, in ${others.length} parts.\n`);
      expect(inMotion.stdout).toContain('In 1 part the log is ahead of what the system had, by 1 event: ');
    },
    PATIENCE_MS,
  );

  // “The system had the same, byte for byte, in 0 parts.” A system that was busy just then has done nothing wrong, so it is no failure.
  it(
    'never says that they were the same where none of them could be compared',
    async () => {
      had(rebuilt.parts.map(earlier));
      const parts = rebuilt.parts.filter(({ leads }) => leads > 0).length;
      const { code, stdout, stderr } = await host.run(['replay', log]);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).not.toContain('The system had the same');
      expect(stdout).toContain('\nNothing of them could be compared with what the system had: export again');
      expect(stdout).toContain(`In ${parts} parts the log is ahead of what the system had, by ${parts} events: `);
      const { stdout: document } = await host.run(['replay', log, '--json']);
      expect(JSON.parse(document)).toMatchObject({
        readModels: { compared: { same: 0, different: [], inMotion: parts, ahead: parts } },
      });
    },
    PATIENCE_MS,
  );
});

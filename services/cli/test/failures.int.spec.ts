import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { fairleadProgram } from '../src/program.js';
import { CommandHost } from './fixture/command-host.js';

/** Of each command that prints JSON: arguments with which it cannot do what it is for; or why it is left out. */
const CANNOT: Readonly<Record<string, readonly string[] | string>> = {
  start: 'prints a line of JSON for each thing that happens',
  demo: 'begins with the start of a whole system',
  'bench road': 'begins with the start of a whole system',
  'bench ingest': 'begins with the start of a whole system',
  'bench routing': 'has nothing that it could fail for but a defect',
  'bench webhooks': 'begins with the start of a whole system',
  'bench replay': 'has nothing that it could fail for but a defect',
  'bench trust': 'has nothing that it could fail for but a defect',
  import: ['nowhere.csv', '--source', 'web'],
  outcomes: ['nowhere.csv'],
  'accounts import': ['nowhere.csv', '--list', 'emea'],
  'accounts list': [],
  console: ['--role', 'partner'],
  'policies list': [],
  'policies show': ['emea'],
  'policies history': ['emea'],
  'policies put': ['emea', 'nowhere'],
  'policies activate': ['emea'],
  'policies plans': ['emea'],
  'policies cancel': ['emea', '1'],
  'policies approve': ['emea', '1'],
  'policies reject': ['emea', '1', '--reason', 'too much for direct'],
  'keys create': ['--role', 'admin'],
  'keys list': [],
  'keys revoke': ['1'],
  'keys rotate': [],
  explain: ['1'],
  timeline: ['1'],
  erase: ['--lead', '1', '--yes'],
  export: ['--out', 'nowhere'],
  verify: ['nowhere'],
  receipt: ['nowhere', '--key', 'nowhere'],
  replay: ['nowhere'],
  rebuild: [],
  trust: ['nowhere'],
  'what-if': ['nowhere', '--policy', 'nowhere'],
  'score train': ['--data', 'nowhere', '--map', 'nowhere'],
  'score evaluate': ['--data', 'nowhere', '--map', 'nowhere'],
  'score shadow': [],
  simulate: ['--parameters', 'nowhere'],
  'sources quality': ['web'],
  scorecard: ['acme'],
  'parked list': [],
  'parked redrive': ['1', '--reason', 'it is mended'],
  'deliveries list': ['acme'],
  'deliveries show': ['acme', 'crm', '1'],
  'deliveries resend': ['acme', 'crm', '1'],
  'deliveries replay': ['acme', 'crm', '--since', '1d'],
};

function printsJson(command: Command, path: readonly string[] = []): string[] {
  const here = command.options.some(({ long }) => long === '--json') ? [path.join(' ')] : [];
  return [...here, ...command.commands.flatMap((each) => printsJson(each, [...path, each.name()]))];
}

describe('a command that cannot do what it was asked for', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-failures-'));
  const host = new CommandHost();
  afterAll(() => {
    host.end();
    rmSync(folder, { recursive: true });
  });

  it('is known to this test, whichever prints JSON', () => {
    expect(printsJson(fairleadProgram()).sort()).toEqual(Object.keys(CANNOT).sort());
  });

  const failing = Object.entries(CANNOT).flatMap(([name, args]) =>
    typeof args === 'string' ? [] : [[name, args] as const],
  );
  it.each(failing)('says so in one JSON document as well, where it was asked for JSON: %s', async (name, args) => {
    const env = { FAIRLEAD_URL: 'nowhere', FAIRLEAD_DATA_DIR: folder };
    const { code, stdout, stderr } = await host.run([...name.split(' '), ...args, '--json'], env);
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^fairlead: [^\n]+\n$/)]);
    const { error } = JSON.parse(stdout) as { error: { message: string } };
    expect(stderr).toBe(`fairlead: ${error.message}\n`);
  });

  // Where a folder is, and yet none can be made in it: no permission is missing, and it is no file.
  it('does not try for ever to make its data folder', async () => {
    const { code, stderr } = await host.run(['start'], { FAIRLEAD_DATA_DIR: '/proc/some/data' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/fairlead: The data folder \/proc\/some\/data cannot be made \(ENOENT\)\. [^\n]+\n$/);
  });
});

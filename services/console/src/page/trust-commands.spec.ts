import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { trustCommands } from '../../page/src/screens/trust-commands.js';

const at = '2026-03-31T12:00:00.000Z';

// With files that a pattern would stand for: where none is, a shell leaves the pattern as it is.
const folder = mkdtempSync(join(tmpdir(), 'fairlead-words-'));
writeFileSync(join(folder, 'attributes.size'), '');
afterAll(() => rmSync(folder, { recursive: true }));

/** What a program that is called like that is given, as a shell takes the line apart. */
function argumentsIn(line: string): string[] {
  const told = line.replaceAll('fairlead ', 'told ');
  return execFileSync('sh', ['-c', `told() { printf '%s\\0' "$@"; }; ${told}`], { encoding: 'utf8', cwd: folder })
    .split('\0')
    .slice(0, -1);
}

describe('the commands by which anybody comes to the same trust figures', () => {
  it('say what was asked for and which events it stands on', () => {
    expect(trustCommands({ pool: 'dach', age: 30 }, { at, events: [3, 4], total: 7 }, null)).toEqual([
      'fairlead export --out DIR',
      `echo '{"at":"${at}","events":[3,4]}' | fairlead trust DIR --pool dach --age 30 --as-of -`,
    ]);
    expect(trustCommands({}, { at, events: null, total: null }, 'acme')[1]).toBe('fairlead trust DIR --partner acme');
  });

  it.each([
    'attributes.Company size',
    `attributes.it's "large"; rm -rf $HOME`,
    'attributes.`id`',
    'attributes.*',
    'attributes.größe',
  ])('hand a program %j as one word, and nothing of it to the shell', (mix) => {
    const [, line = ''] = trustCommands({ mix }, { at, events: null, total: null }, null);
    expect(argumentsIn(line)).toEqual(['trust', 'DIR', '--mix', mix]);
    const [, piped = ''] = trustCommands({ mix }, { at, events: [1], total: 1 }, null);
    expect(argumentsIn(piped)).toEqual(['trust', 'DIR', '--mix', mix, '--as-of', '-']);
  });
});

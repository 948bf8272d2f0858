import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { configuration, configurationHelp, configurationMarkdown } from './configuration.js';

const root = fileURLToPath(new URL('../../../', import.meta.url));
const names = configuration.map(([name]) => name);

/** For tests of crashes alone; naming it beside the others would invite somebody to set it. */
const notForOperators = ['FAIRLEAD_CRASH_AT'];

it('names every variable that the code reads', () => {
  const read = new Set<string>();
  for (const file of globSync('{libs,services}/*/src/**/*.ts', { cwd: root })) {
    if (file.endsWith('.spec.ts')) continue;
    const source = readFileSync(`${root}${file}`, 'utf8');
    // As the first argument of a reader, or as a property of the environment.
    for (const [, name] of source.matchAll(/(?:\(|\[)\s*'((?:FAIRLEAD|KAFKA|DATABASE|KEYS_DATABASE)_[A-Z0-9_]+)'/g)) {
      if (name) read.add(name);
    }
  }
  expect([...read].filter((name) => !names.includes(name) && !notForOperators.includes(name))).toEqual([]);
});

it('shows each in the help, once and with its default', () => {
  const help = configurationHelp();
  expect(new Set(names).size).toBe(names.length);
  for (const [name, fallback, meaning] of configuration) {
    expect(help).toMatch(new RegExp(`^  ${name} +\\S`, 'm'));
    expect(help).toContain(fallback === '' ? meaning : `${meaning} (${fallback})`);
  }
});

it('has the same table in the README', () => {
  // Columns are padded there to be readable as text.
  const readme = readFileSync(`${root}README.md`, 'utf8').replace(/ +/g, ' ').replace(/-{3,}/g, '---');
  expect(readme).toContain(configurationMarkdown());
});

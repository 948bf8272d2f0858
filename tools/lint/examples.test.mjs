// Every rule of eslint.config.mjs that is ours has an example that breaks it: a rule that cannot fail protects nothing.
//   node --test tools/lint/
// An example says on its first line where it pretends to be, `// at libs/decisions/src/index.ts` (a file that exists, as
// rules with type information need one), and marks what is wrong: `// ✗ rule …` at the end of that line, or on a line
// of its own, with `below`, before it. What is reported must be exactly what is marked.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import devkit from '@nx/devkit';
import { ESLint } from 'eslint';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = new URL('examples/', import.meta.url);
// The boundary rule goes by what is cached, which may be from before a project was added.
await devkit.createProjectGraphAsync({ exitOnError: false });
const eslint = new ESLint({ cwd: root });
const broken = new Set();

for (const name of readdirSync(folder).sort()) {
  test(name.replace('.ts', '').replaceAll('-', ' '), async () => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const [, filePath] = /^\/\/ at (\S+)\n/.exec(text) ?? assert.fail(`${name} does not say where it is`);
    const [result] = await eslint.lintText(text, { filePath: root + filePath });

    const marked = text.split('\n').flatMap((line, at) => marksOf(line, at + 1));
    const reported = result.messages.map(({ line, ruleId }) => `${line} ${ruleId ?? 'error'}`);
    assert.deepEqual([...new Set(reported)].sort(), marked.sort());
    for (const { ruleId } of result.messages) broken.add(ruleId);
  });
}

test('every rule that the configuration adds has an example', async () => {
  const places = ['libs/decisions/src/index.ts', 'services/routing/src/index.ts'];
  const configs = await Promise.all(places.map((place) => eslint.calculateConfigForFile(root + place)));
  const ours = /^(@nx|fairlead)\/|^no-restricted-|^no-console$|floating-promises|no-explicit-any$|misused-promises/;
  const rules = new Set(configs.flatMap(({ rules }) => Object.keys(rules)).filter((rule) => ours.test(rule)));
  assert.deepEqual(
    [...rules].filter((rule) => !broken.has(rule)),
    [],
  );
});

function marksOf(line, number) {
  const [, rules] = /✗ (.*)$/.exec(line) ?? [];
  if (!rules) return [];
  const below = rules.endsWith(' below');
  return rules
    .replace(' below', '')
    .split(' ')
    .map((rule) => `${below ? number + 1 : number} ${rule}`);
}

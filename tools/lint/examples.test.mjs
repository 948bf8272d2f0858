// Every rule of eslint.config.mjs that is ours has an example that breaks it: a rule that cannot fail protects nothing.
//   node --test tools/lint/
// An example says on its first line beside which file it pretends to be, `// at libs/decisions/src/index.ts`, and marks what is
// wrong: `// ✗ rule …` at the end of that line, or on a line of its own, with `below`, before it. What is reported must be exactly
// what is marked.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import devkit from '@nx/devkit';
import { ESLint } from 'eslint';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = new URL('examples/', import.meta.url);
const examples = readdirSync(folder)
  .sort()
  .map((name) => {
    const text = readFileSync(new URL(name, folder), 'utf8');
    const [, beside] = /^\/\/ at (\S+)\n/.exec(text) ?? assert.fail(`${name} does not say where it is`);
    return { name: name.replace('.ts', '').replaceAll('-', ' '), text, path: join(root, dirname(beside), name) };
  });
// The boundary rule goes by what is cached, which may be from before a project was added.
await devkit.createProjectGraphAsync({ exitOnError: false });
const eslint = new ESLint({
  cwd: root,
  overrideConfig: {
    files: ['**/*.ts'],
    // One program for all: each with its own would read the same libraries again.
    languageOptions: { parserOptions: { project: null, programs: [programOf(examples)] } },
  },
});
const broken = new Set();

for (const { name, text, path } of examples) {
  test(name, async () => {
    const [result] = await eslint.lintText(text, { filePath: path });

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

/** What TypeScript knows of files that are nowhere but here. */
function programOf(files) {
  const texts = new Map(files.map(({ path, text }) => [path, text]));
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  const host = ts.createCompilerHost(options, true);
  const { readFile, fileExists, getSourceFile } = host;
  host.readFile = (path) => texts.get(path) ?? readFile.call(host, path);
  host.fileExists = (path) => texts.has(path) || fileExists.call(host, path);
  host.getSourceFile = (path, target, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? getSourceFile.call(host, path, target, ...rest)
      : ts.createSourceFile(path, text, target, true);
  };
  return ts.createProgram([...texts.keys()], options, host);
}

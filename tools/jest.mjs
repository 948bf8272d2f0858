// `jest.mjs unit|integration [--part=NAME] [jest arguments]`, called from a package's folder: one configuration for every package.
// Where only a part of the tests is asked for, its results are kept beside those of the others.
// Jest under ESM needs --experimental-vm-modules in the Node that runs it.
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const [kind, ...rest] = process.argv.slice(2);
const patterns = { unit: 'src/**/*.spec.ts', integration: 'test/**/*.spec.ts' };
if (!(kind in patterns)) {
  console.error('usage: jest.mjs unit|integration [jest arguments]');
  process.exit(2);
}
// Counted by run-tests.mjs; written always, since Nx keeps it with the outcome that it may answer from its cache.
const part = rest[0]?.startsWith('--part=') ? `-${rest.shift()?.slice('--part='.length)}` : '';
const results = `test-results/${kind}${part}.json`;
rmSync(results, { force: true });
mkdirSync('test-results', { recursive: true });

// A package without tests of a kind is left out here; a package whose tests cannot be found would fail in Jest itself.
if (!existsSync('src') || globSync(patterns[kind]).length === 0) process.exit(0);

mkdirSync('test-results', { recursive: true });
const jest = createRequire(import.meta.url).resolve('jest/bin/jest');
const config = fileURLToPath(new URL(`./jest.config.${kind}.mjs`, import.meta.url));
const node = ['--experimental-vm-modules', '--no-warnings', jest];
const options = ['--config', config, '--rootDir', process.cwd(), '--json', `--outputFile=${results}`];
const run = spawnSync(process.execPath, [...node, ...options, ...rest], { stdio: 'inherit' });
process.exit(run.status ?? 1);

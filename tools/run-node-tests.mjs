// Node's own test runner for the tools, which have no TypeScript: `run-node-tests.mjs FILE…`. The counts are left where
// run-tests.mjs finds them, in the words that Jest uses.
import { mkdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';

const counts = { numPassedTests: 0, numFailedTests: 0, numPendingTests: 0 };
const tests = run({ files: process.argv.slice(2).map((file) => resolve(file)) });
tests.on('test:pass', ({ skip, todo, details }) => {
  if (details.type === 'suite') return;
  if (skip !== undefined || todo !== undefined) counts.numPendingTests += 1;
  else counts.numPassedTests += 1;
});
tests.on('test:fail', ({ details }) => {
  if (details.type !== 'suite') counts.numFailedTests += 1;
  process.exitCode = 1;
});
tests.on('end', () => {
  mkdirSync('test-results', { recursive: true });
  writeFileSync('test-results/unit.json', JSON.stringify(counts));
});
tests.compose(spec).pipe(process.stdout);

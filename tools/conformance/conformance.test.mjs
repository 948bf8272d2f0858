import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const tool = fileURLToPath(new URL('conformance.mjs', import.meta.url));
const counts = fileURLToPath(new URL('../test-results/conformance.json', import.meta.url));

test('where there is no Python, it says that it was skipped, and is counted as such', () => {
  const { status, stdout } = spawnSync(process.execPath, [tool], { env: { PATH: '' }, encoding: 'utf8' });
  assert.equal(status, 77);
  assert.match(stdout, /^skipped: it needs Python 3\.11 or newer, with venv and pip\.$/m);
  assert.deepEqual(JSON.parse(readFileSync(counts, 'utf8')), {
    numPassedTests: 0,
    numFailedTests: 0,
    numPendingTests: 1,
  });
  // The run that this test belongs to counts its own.
  if (existsSync(counts)) rmSync(counts);
});

test('everything that is installed is pinned with its hash', () => {
  const pins = readFileSync(new URL('requirements.txt', import.meta.url), 'utf8').split(/\n(?=\S)/);
  assert.ok(pins.length > 20);
  for (const pin of pins) assert.match(pin, /^[a-z0-9_.-]+==[^\n]+ \\\n {4}--hash=sha256:[0-9a-f]{64}/i);
});

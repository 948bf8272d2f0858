import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { bornOf, endLeftover, isStillThere, readProcessRecord, writeProcessRecord } from './process-identity.mjs';

let folder;
let file;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-record-'));
  file = join(folder, 'server.pid.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a process is known again by its number and its birth', () => {
  writeProcessRecord(file, process.pid);
  assert.equal(isStillThere(readProcessRecord(file)), true);
});

test('a process that only has the number of another one is not taken for it, and not ended', async () => {
  const other = spawn('sleep', ['60']);
  writeFileSync(file, JSON.stringify({ pid: other.pid, born: 'before the last reboot' }));
  assert.equal(await endLeftover(file, ['SIGKILL'], 100), false);
  assert.ok(bornOf(other.pid));
  assert.equal(existsSync(file), false);
  other.kill('SIGKILL');
});

test('what a killed run left is ended, with the last signal when the polite one is not heard', async () => {
  const deaf = spawn('/bin/sh', ['-c', 'trap "" TERM; while :; do sleep 0.05; done']);
  await new Promise((done) => setTimeout(done, 200));
  writeProcessRecord(file, deaf.pid);
  assert.equal(await endLeftover(file, ['SIGTERM', 'SIGKILL'], 300), true);
  assert.equal(bornOf(deaf.pid), undefined);
});

test('a half-written or foreign record names nobody', () => {
  for (const text of ['', '{', '{"pid":"1","born":"x"}', '{"pid":1,"born":"x"}', 'null', '{"pid":-5,"born":"x"}']) {
    writeFileSync(file, text);
    assert.equal(readProcessRecord(file), undefined, text);
  }
});

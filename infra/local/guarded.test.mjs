import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { bornOf } from './process-identity.mjs';

const guarded = new URL('./guarded.mjs', import.meta.url).href;

/** A process that starts a guarded shell, which itself starts another process; prints the numbers of both. */
const parent = `
  import { spawnGuarded } from '${guarded}';
  const child = spawnGuarded('/bin/sh', ['-c', process.argv[1]], { output: 'pipe', signals: ['SIGTERM', 'SIGKILL'], graceMs: 600 });
  child.stdout.pipe(process.stdout);
  setInterval(() => undefined, 1000);
`;

for (const [name, trap] of [
  ['ends politely', ''],
  ['is killed when it does not listen', 'trap "" TERM;'],
]) {
  test(`what a process started ${name}, with its own children, once that process is killed`, async () => {
    const script = `${trap} sleep 60 & echo $$ $!; wait; wait; sleep 60`;
    const starter = spawn(process.execPath, ['--input-type=module', '--eval', parent, script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(createInterface({ input: starter.stdout }), 'line');
    const pids = line.split(' ').map(Number);
    assert.equal(pids.length, 2);
    assert.ok(pids.every((pid) => bornOf(pid)));

    starter.kill('SIGKILL');

    const deadline = Date.now() + 20_000;
    while (pids.some((pid) => bornOf(pid)) && Date.now() < deadline) await new Promise((done) => setTimeout(done, 50));
    assert.deepEqual(
      pids.filter((pid) => bornOf(pid)),
      [],
    );
  });
}

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { freePort, rememberedPort } from './ports.mjs';

let folder;
let file;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'fairlead-port-'));
  file = join(folder, 'port');
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a port is remembered', async () => {
  assert.equal(await rememberedPort(file), await rememberedPort(file));
});

test('a port that somebody has taken meanwhile is replaced, and the new one remembered', async () => {
  const port = await rememberedPort(file);
  const other = createServer().listen(port, '127.0.0.1');
  await new Promise((done) => other.once('listening', done));
  const replaced = await rememberedPort(file);
  assert.notEqual(replaced, port);
  assert.equal(readFileSync(file, 'utf8'), `${replaced}\n`);
  other.close();
});

test('a spoilt memory is no port', async () => {
  for (const text of ['', 'x', '80', '99999999']) {
    writeFileSync(file, text);
    assert.ok((await rememberedPort(file)) >= 20_000, text);
  }
});

test('ports lie below those of outgoing connections', async () => {
  const port = await freePort();
  assert.ok(port >= 20_000 && port < 30_000, String(port));
});

#!/usr/bin/env node
// `npx fairlead …` in a checkout, and `fairlead …` in the image. In a checkout it runs the sources under the Node that the
// set-up has chosen; syntax that an older Node can read, because npx starts it under the machine's own.
'use strict';

const { spawn } = require('child_process');
const { existsSync } = require('fs');
const { constants } = require('os');
const { join, resolve } = require('path');
const { pathToFileURL } = require('url');

const root = resolve(__dirname, '..', '..', '..');
const hook = join(root, 'tools', 'swc-hook.mjs');

if (existsSync(hook)) fromSource();
else import('../dist/main.js').catch(fail);

function fromSource() {
  const { endWithNpm, installedNode, readStamp, wantedStamp } = require(join(root, 'tools', 'bootstrap.cjs'));
  const node = installedNode();
  const stamp = readStamp();
  if (!node || !existsSync(join(root, 'node_modules', '@swc', 'core'))) {
    return tell(
      'Fairlead is not set up in this folder yet. Run "npm run setup" in it, or "npm start", which does that first.',
    );
  }
  if (stamp !== undefined && stamp !== wantedStamp()) {
    return tell('The packages of this checkout have changed since its set-up. Run "npm run setup" and try again.');
  }
  // kafkajs computes timeouts that are in the past; Node rounds them up and says so, and it means nothing (tulios/kafkajs#1751).
  const quiet = '--disable-warning=TimeoutNegativeWarning';
  const flags = [quiet, '--enable-source-maps', '--conditions=@fairlead/source', '--import', pathToFileURL(hook).href];
  const main = join(root, 'services', 'cli', 'src', 'main.ts');
  // The channel tells the program when we are gone without a word, so that it ends then too.
  const child = spawn(node, flags.concat(main, process.argv.slice(2)), {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  endWithNpm(() => child.kill('SIGTERM'));
  if (process.connected) process.on('disconnect', () => child.connected && child.disconnect());
  child.on('error', fail);
  child.on('exit', (code, signal) => process.exit(signal ? 128 + (constants.signals[signal] || 0) : code));
}

function tell(sentence) {
  process.stderr.write(`fairlead: ${sentence}\n`);
  process.exit(1);
}

function fail(error) {
  process.stderr.write(`${(error && error.stack) || error}\n`);
  process.exit(1);
}

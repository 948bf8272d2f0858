import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';

const { explainNpm, fits } = createRequire(import.meta.url)('./bootstrap.cjs');

test('the Node that fits is the one that package.json asks for', () => {
  const fitting = ['14.21.3', '20.20.2', '24.10.0', '24.11.0', '24.21.0', 'v24.30.1', '25.0.0'].filter(fits);
  assert.deepEqual(fitting, ['24.11.0', '24.21.0', 'v24.30.1']);
});

for (const [said, sentence] of [
  [
    'npm error code ECONNREFUSED\nnpm error errno ECONNREFUSED',
    /could not be downloaded from the npm registry \(ECONNREFUSED\)\. Check the network/,
  ],
  ['npm error code EAI_AGAIN', /could not be downloaded.*\(EAI_AGAIN\)/],
  ['npm ERR! code E503\nnpm ERR! 503 Service Unavailable', /could not be downloaded.*\(E503\)/],
  ['npm error code UNABLE_TO_GET_ISSUER_CERT_LOCALLY', /could not be downloaded/],
  ['npm warn tar ENOSPC: no space left on device, write', /^The disk is full\. Free about 2 GB/],
  [
    'npm error code EINTEGRITY\nnpm error sha512-x integrity checksum failed',
    /other content than package-lock\.json pins/,
  ],
  ['npm error code EACCES', /could not be written \(EACCES\)/],
  [
    'npm error code EUSAGE\nnpm error `npm ci` can only install packages when',
    /npm says "`npm ci` can only install packages when"/,
  ],
]) {
  test(`one sentence for: ${said.split('\n')[0]}`, () => {
    const told = explainNpm(said, 'The packages');
    assert.match(told, sentence);
    assert.doesNotMatch(told, /\n/);
  });
}

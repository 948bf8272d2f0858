// An S3 server of other people for tests: S3Proxy, one published jar, pinned by SHA-256. It compares signatures and the hashes of
// bodies, and honours If-None-Match. No part of the product.
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { cacheFolder } from './cache-folder.mjs';
import { findJava } from './java.mjs';
import { freePort } from './ports.mjs';
import { downloadJar, sha256Of, WrongContent } from './published-jar.mjs';

const VERSION = '4.1.0';
const SHA256 = 'a4d025969aaf796616ed4b1e2491d87d455ce84bb28cb9db086b2e6aaa68b48d';
const NAME = `s3proxy-${VERSION}-jar-with-dependencies.jar`;
const JAR = { path: `org/gaul/s3proxy/${VERSION}/${NAME}`, sha256: SHA256 };
/** 55 MB; whoever tests on a slower line does without, rather than wait for minutes. */
const FETCH_WITHIN_MS = 45_000;
const START_WITHIN_MS = 30_000;

/**
 * @typedef {object} S3Server
 * @property {string} url of a bucket that is there
 * @property {string} accessKeyId
 * @property {string} secretAccessKey
 * @property {() => Promise<void>} stop
 */

/**
 * Fetches the server where it is not there yet.
 * @returns {Promise<string | undefined>} why it cannot be had; undefined when it can
 */
export async function whyNoS3() {
  if (!findJava()) return 'no Java 17 here';
  const file = join(cacheFolder(), NAME);
  try {
    if (existsSync(file) && (await sha256Of(file)) === SHA256) return undefined;
    mkdirSync(cacheFolder(), { recursive: true });
    await downloadJar(JAR, cacheFolder(), FETCH_WITHIN_MS);
    return undefined;
  } catch (error) {
    if (error instanceof WrongContent) return `${NAME} arrives with other content than the one we pinned`;
    return `${NAME} cannot be fetched (${/** @type {Error} */ (error).message})`;
  }
}

/**
 * Starts one with an empty bucket, in memory.
 * @returns {Promise<S3Server>}
 */
export async function startS3() {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-s3-'));
  const [accessKeyId, secretAccessKey, port] = ['test-key', randomBytes(20).toString('hex'), await freePort()];
  const settings = {
    's3proxy.endpoint': `http://127.0.0.1:${port}`,
    's3proxy.authorization': 'aws-v4',
    's3proxy.identity': accessKeyId,
    's3proxy.credential': secretAccessKey,
    'jclouds.provider': 'transient-nio2',
    'jclouds.identity': 'none',
    'jclouds.credential': 'none',
  };
  const file = join(folder, 's3proxy.conf');
  writeFileSync(
    file,
    Object.entries(settings)
      .map(([name, value]) => `${name}=${value}\n`)
      .join(''),
    { mode: 0o600 },
  );
  const args = ['-Xmx256m', '-jar', join(cacheFolder(), NAME), '--properties', file];
  const child = spawn(findJava()?.executable ?? 'java', args, { stdio: 'ignore' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const killed = () => void child.kill('SIGKILL');
  process.once('exit', killed);
  const stop = async () => {
    child.kill('SIGKILL');
    await ended;
    process.off('exit', killed);
    rmSync(folder, { recursive: true, force: true });
  };
  const url = `${settings['s3proxy.endpoint']}/bucket`;
  for (const until = Date.now() + START_WITHIN_MS; ; await pause(100)) {
    try {
      if ((await createBucket(url, accessKeyId, secretAccessKey)) === 200) break;
      throw new Error('the bucket could not be made');
    } catch (error) {
      if (Date.now() < until && child.exitCode === null) continue;
      await stop();
      throw error;
    }
  }
  return { url, accessKeyId, secretAccessKey, stop };
}

/**
 * @param {string} url
 * @param {string} accessKeyId
 * @param {string} secretAccessKey
 */
async function createBucket(url, accessKeyId, secretAccessKey) {
  const { AwsV4Signer } = await import('aws4fetch');
  const headers = { 'x-amz-content-sha256': sha256('') };
  const signer = new AwsV4Signer({
    ...{ method: 'PUT', url, headers, service: 's3', region: 'us-east-1' },
    ...{ accessKeyId, secretAccessKey },
  });
  const { headers: signed } = await signer.sign();
  const { status } = await fetch(url, { method: 'PUT', headers: signed, signal: AbortSignal.timeout(5_000) });
  return status;
}

/** @param {string | Buffer} bytes */
function sha256(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

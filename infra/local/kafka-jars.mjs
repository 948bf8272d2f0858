// Kafka comes from its published jars, each pinned by SHA-256: neither Maven nor a 130 MB distribution is needed.
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { cacheFolder } from './cache-folder.mjs';
import { PlainProblem } from './plain-problem.mjs';

/** @typedef {{ path: string, bytes: number, sha256: string }} Jar */

/** @type {readonly Jar[]} */
const jars = JSON.parse(readFileSync(new URL('./kafka-jars.json', import.meta.url), 'utf8'));

export const KAFKA_VERSION = '4.4.0';
export const JARS_COUNT = jars.length;
export const JARS_BYTES = jars.reduce((sum, { bytes }) => sum + bytes, 0);

const AT_ONCE = 8; // more gain nothing on a home line, and look like a flood to the repository
const ATTEMPTS = 4;
const ATTEMPT_WITHIN_MS = 60_000; // the largest jar has 6 MB
const FIRST_RETRY_DELAY_MS = 500; // doubled each time: enough for a hiccup, and a real outage is told within seconds

export const jarsFolder = () => join(cacheFolder(), `kafka-${KAFKA_VERSION}`);

/** The class path, or undefined when a jar is missing. Sizes only: the set-up has compared the hashes. */
export function classPath() {
  const files = jars.map((jar) => fileOf(jar));
  return files.every((file, index) => sizeOf(file) === jars[index]?.bytes) ? files : undefined;
}

/**
 * Fetches what is missing and compares every hash, also of what was there.
 * @param {(doneBytes: number) => void} [progress]
 * @throws {PlainProblem}
 */
export async function fetchJars(progress = () => undefined) {
  const folder = jarsFolder();
  mkdirSync(folder, { recursive: true });
  const waiting = [...jars].sort((a, b) => b.bytes - a.bytes); // the largest first, or it would be waited for alone
  let doneBytes = 0;
  const work = async () => {
    for (let jar = waiting.shift(); jar; jar = waiting.shift()) {
      const file = fileOf(jar);
      if (!(existsSync(file) && (await sha256(file)) === jar.sha256)) await fetchJar(jar, folder);
      doneBytes += jar.bytes;
      progress(doneBytes);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } catch (error) {
    waiting.length = 0;
    throw error;
  }
}

/**
 * @param {Jar} jar
 * @param {string} folder
 */
async function fetchJar(jar, folder) {
  // Loaded here, because only the set-up downloads: a start must work from an installation without it.
  const module = await import('mvn-artifact-download');
  /** @type {typeof import('mvn-artifact-download').default} */
  const download = /** @type {any} */ (module.default).default ?? module.default;
  const parts = jar.path.split('/');
  const [artifactId = '', version = ''] = parts.slice(-3, -1);
  const artifact = { groupId: parts.slice(0, -3).join('.'), artifactId, version, extension: 'jar' };
  const half = `${basename(jar.path)}.${process.pid}.half`;
  for (let attempt = 1; ; attempt += 1) {
    try {
      await within(ATTEMPT_WITHIN_MS, download(artifact, folder, undefined, half));
      const got = await sha256(join(folder, half));
      if (got !== jar.sha256) throw new WrongContent();
      renameSync(join(folder, half), fileOf(jar));
      return;
    } catch (error) {
      rmSync(join(folder, half), { force: true });
      if (attempt === ATTEMPTS) throw explained(error, jar, folder);
      await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1)));
    }
  }
}

class WrongContent extends Error {}

/**
 * @param {unknown} error
 * @param {Jar} jar
 * @param {string} folder
 */
function explained(error, jar, folder) {
  const name = basename(jar.path);
  if (error instanceof WrongContent) {
    return new PlainProblem(
      `${name} arrived with other content than the one we pinned, ${ATTEMPTS} times. Something between here and Maven Central changes downloads; try another network.`,
    );
  }
  const { code, message } = /** @type {NodeJS.ErrnoException} */ (error);
  const { bavail, bsize } = statfsSync(folder);
  if (code === 'ENOSPC' || bavail * bsize < jar.bytes) {
    return new PlainProblem(
      `The disk is full, so ${name} could not be stored in ${folder}. Free some space and run the same command again.`,
    );
  }
  if (code === 'EACCES' || code === 'EROFS') {
    return new PlainProblem(
      `${folder} cannot be written. Set FAIRLEAD_CACHE_DIR to a folder that can, and run the same command again.`,
    );
  }
  return new PlainProblem(
    `${name} could not be downloaded from Maven Central (${code ?? message}). Check the network or its proxy settings and run the same command again; what has arrived is kept.`,
  );
}

/**
 * @template T
 * @param {number} ms
 * @param {Promise<T>} work
 * @returns {Promise<T>}
 */
async function within(ms, work) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(Object.assign(new Error('no answer in time'), { code: 'ETIMEDOUT' })), ms);
  });
  try {
    return /** @type {T} */ (await Promise.race([work, late]));
  } finally {
    clearTimeout(timer);
  }
}

/** @param {Jar} jar */
const fileOf = (jar) => join(jarsFolder(), basename(jar.path));

/** @param {string} file */
const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size;

/** @param {string} file */
async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}

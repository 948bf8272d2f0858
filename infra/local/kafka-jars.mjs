// Kafka comes from its published jars, each pinned by SHA-256: neither Maven nor a 130 MB distribution is needed.
import { existsSync, mkdirSync, readFileSync, statSync, statfsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { cacheFolder } from './cache-folder.mjs';
import { PlainProblem } from './plain-problem.mjs';
import { downloadJar, sha256Of, WrongContent } from './published-jar.mjs';

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
      if (!(existsSync(file) && (await sha256Of(file)) === jar.sha256)) await fetchJar(jar, folder);
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
  for (let attempt = 1; ; attempt += 1) {
    try {
      await downloadJar(jar, folder, ATTEMPT_WITHIN_MS);
      return;
    } catch (error) {
      if (attempt === ATTEMPTS) throw explained(error, jar, folder);
      await new Promise((resolve) => setTimeout(resolve, FIRST_RETRY_DELAY_MS * 2 ** (attempt - 1)));
    }
  }
}

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

/** @param {Jar} jar */
const fileOf = (jar) => join(jarsFolder(), basename(jar.path));

/** @param {string} file */
const sizeOf = (file) => statSync(file, { throwIfNoEntry: false })?.size;

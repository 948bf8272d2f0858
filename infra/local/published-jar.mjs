import { createHash } from 'node:crypto';
import { createReadStream, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pipeline } from 'node:stream/promises';

/** @typedef {{ path: string, sha256: string }} PublishedJar  `path` as a Maven repository lays its files out */

/** Something between here and the repository changes downloads, or the pin is wrong. */
export class WrongContent extends Error {}

/**
 * Fetches a jar from Maven Central into the folder, in one attempt. Under its name it appears only when its hash is right.
 * @param {PublishedJar} jar
 * @param {string} folder
 * @param {number} withinMs
 * @throws {WrongContent} else whatever the network or the disk says
 */
export async function downloadJar(jar, folder, withinMs) {
  // Loaded here, because only the set-up and tests download: a start must work from an installation without it.
  const module = await import('mvn-artifact-download');
  /** @type {typeof import('mvn-artifact-download').default} */
  const download = /** @type {any} */ (module.default).default ?? module.default;
  const parts = jar.path.split('/');
  const [artifactId = '', version = ''] = parts.slice(-3, -1);
  const classifier = basename(jar.path, '.jar').slice(`${artifactId}-${version}-`.length);
  const artifact = {
    ...{ groupId: parts.slice(0, -3).join('.'), artifactId, version, extension: 'jar' },
    ...(classifier && { classifier }),
  };
  const half = `${basename(jar.path)}.${process.pid}.half`;
  try {
    await within(withinMs, download(artifact, folder, undefined, half));
    if ((await sha256Of(join(folder, half))) !== jar.sha256) throw new WrongContent();
    renameSync(join(folder, half), join(folder, basename(jar.path)));
  } catch (error) {
    rmSync(join(folder, half), { force: true });
    throw error;
  }
}

/** @param {string} file */
export async function sha256Of(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
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

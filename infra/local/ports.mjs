import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { PlainProblem } from './plain-problem.mjs';

// Below the range that Linux and macOS hand out for outgoing connections: such a connection could otherwise sit on our
// remembered port just when a server is restarted.
const LOWEST = 20_000;
const HIGHEST = 29_999;

/**
 * @param {number} port
 * @param {string} [host]
 * @returns {Promise<boolean>} whether a server could listen there now
 */
export function isFree(port, host = '127.0.0.1') {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
  });
}

/** @returns {Promise<number>} */
export async function freePort() {
  // 200 tries: they all fail only where somebody has taken nearly the whole range.
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST + 1));
    if (await isFree(port)) return port;
  }
  throw new PlainProblem(`No free port was found between ${LOWEST} and ${HIGHEST}. Stop some servers and try again.`);
}

/**
 * The port of an earlier start where it is still free, so that addresses stay the same; else a new one.
 * @param {string} file where it is remembered
 * @returns {Promise<number>}
 */
export async function rememberedPort(file) {
  let port = 0;
  try {
    port = Number.parseInt(readFileSync(file, 'utf8'), 10);
  } catch {
    // first start
  }
  if (!(port >= 1024 && port <= 65_535) || !(await isFree(port))) port = await freePort();
  writeFileSync(file, `${port}\n`);
  return port;
}

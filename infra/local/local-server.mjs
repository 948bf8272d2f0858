import { closeSync, existsSync, openSync, readSync, renameSync, statSync } from 'node:fs';
import { endLeftover, writeProcessRecord } from './process-identity.mjs';

/**
 * @typedef {object} Exit
 * @property {number | null} code
 * @property {NodeJS.Signals | null} signal
 * @property {boolean} expected whether stop() or kill() asked for it
 */

/**
 * @typedef {object} Blueprint
 * @property {string} name as people call it
 * @property {string} recordFile remembers the process, for a start after a kill -9
 * @property {() => import('node:child_process').ChildProcess} spawn
 * @property {(child: import('node:child_process').ChildProcess) => Promise<void>} ready settles when it can be used, or rejects
 * @property {readonly [NodeJS.Signals, NodeJS.Signals]} signals the polite and the last one
 * @property {number} stopWithinMs after this the last signal follows
 * @property {() => void} [clear] ends what a killed process of it leaves behind, before a start and after a kill
 */

/** A server process that can be stopped, killed and started again, on the same port and with the same data. */
export class LocalServer {
  /** @type {Blueprint} */
  #blueprint;
  /** @type {import('node:child_process').ChildProcess | undefined} */
  #child;
  /** @type {Promise<void>} */
  #ended = Promise.resolve();
  #expected = false;
  /** @type {Set<(exit: Exit) => void>} */
  #listeners = new Set();

  /** @param {Blueprint} blueprint */
  constructor(blueprint) {
    this.#blueprint = blueprint;
  }

  get name() {
    return this.#blueprint.name;
  }

  /** @returns {number | undefined} undefined while it is down */
  get pid() {
    return this.#child?.pid;
  }

  /** Starts it and waits until it can be used. What an earlier, killed run left behind is ended first. */
  async start() {
    if (this.#child) throw new Error(`${this.name} is running already`);
    const { recordFile, signals, stopWithinMs } = this.#blueprint;
    await endLeftover(recordFile, signals, stopWithinMs);
    this.#blueprint.clear?.();
    const child = this.#blueprint.spawn();
    this.#child = child;
    this.#expected = false;
    if (child.pid) writeProcessRecord(recordFile, child.pid);
    let ready = false;
    this.#ended = new Promise((resolve) => {
      const ended = (/** @type {number | null} */ code, /** @type {NodeJS.Signals | null} */ signal) => {
        if (this.#child !== child) return;
        this.#child = undefined;
        resolve();
        if (ready) for (const listener of this.#listeners) listener({ code, signal, expected: this.#expected });
      };
      child.once('exit', ended);
      child.once('error', () => ended(null, null));
    });
    try {
      await this.#blueprint.ready(child);
      ready = true;
    } catch (error) {
      await this.kill();
      throw error;
    }
  }

  /** Politely, and after a time not so politely. Settles when the process is gone. */
  async stop() {
    const [polite, last] = this.#blueprint.signals;
    this.#expected = true;
    this.#child?.kill(polite);
    const inTime = await this.#endedWithin(this.#blueprint.stopWithinMs);
    if (!inTime) this.#child?.kill(last);
    if (!inTime && !(await this.#endedWithin(5_000))) this.#child?.kill('SIGKILL');
    await this.#ended;
    await endLeftover(this.#blueprint.recordFile, []);
  }

  /** As a power cut would: SIGKILL, nothing flushed, nothing said. Settles when the process is gone. */
  async kill() {
    this.#expected = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
    this.#blueprint.clear?.();
  }

  /** Stops it where it runs, and starts it on the same port with the same data. */
  async restart() {
    if (this.#child) await this.stop();
    await this.start();
  }

  /**
   * @param {(exit: Exit) => void} listener called for each end of the process after a successful start
   * @returns {() => void} takes the listener off again
   */
  onExit(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @param {number} ms */
  async #endedWithin(ms) {
    /** @type {NodeJS.Timeout | undefined} */
    let timer;
    const late = new Promise((resolve) => (timer = setTimeout(() => resolve(false), ms)));
    const inTime = await Promise.race([this.#ended.then(() => true), late]);
    clearTimeout(timer);
    return inTime === true;
  }
}

const LOG_LIMIT_BYTES = 10 * 1024 * 1024; // two of these: enough to look back, small beside the data

/**
 * A server's log for appending; a full one is put aside first, and the one before it dropped.
 * @param {string} file
 */
export function openLog(file) {
  if (existsSync(file) && statSync(file).size > LOG_LIMIT_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

/**
 * The end of a log from a position on: what a server said before it gave up.
 * @param {string} file
 * @param {number} from
 */
export function readLogFrom(file, from) {
  const size = existsSync(file) ? statSync(file).size : 0;
  const start = Math.max(from > size ? 0 : from, size - 16_384);
  const bytes = Buffer.alloc(Math.max(0, size - start));
  if (bytes.length === 0) return '';
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, bytes.length, start);
  } finally {
    closeSync(descriptor);
  }
  return bytes.toString('utf8');
}

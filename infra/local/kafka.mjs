// An embedded Kafka: one real broker from its published jars. See kafka-jars.mjs for where they come from.
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { spawnGuarded } from './guarded.mjs';
import { findJava, LOWEST_JAVA } from './java.mjs';
import { classPath, jarsFolder } from './kafka-jars.mjs';
import { engineAnswers, startKafkaInDocker } from './kafka-in-docker.mjs';
import { LocalServer, openLog, readLogFrom } from './local-server.mjs';
import { PlainProblem } from './plain-problem.mjs';
import { rememberedPort } from './ports.mjs';

/** @typedef {LocalServer & { readonly brokers: string, readonly port: number }} Kafka `brokers` is what KAFKA_BROKERS takes */
/** @typedef {import('./java.mjs').Java} Java */

export const NO_JAVA =
  `Kafka needs Java ${LOWEST_JAVA} or newer, and there is none here. Any one of three will do: install Java ` +
  `(e.g. "apt-get install openjdk-17-jre-headless"), or a Docker engine, or Python's pip, with which the set-up fetches ` +
  `a Java; then run the same command again. A Kafka of your own, named by KAFKA_BROKERS, does as well.`;

/** 256 MB hold 1,000 leads/s with room to spare; the serial collector and class archive are what make it small and quick to start. */
const JVM = ['-Xmx256m', '-XX:+UseSerialGC', '-Xshare:auto', '-Djava.awt.headless=true', '-Dfile.encoding=UTF-8'];

const READY_WITHIN_MS = 120_000; // 1 to 4 s on an idle machine; 40 s were seen on one with eight times too much to do
const STOP_WITHIN_MS = 20_000;
const FORMAT_WITHIN_MS = 120_000;

/**
 * Starts Kafka on 127.0.0.1 with the data in `dir`, which is made where it is missing. The ports are kept there too, so
 * a later start has the same address.
 *
 * @param {object} options
 * @param {string} options.dir
 * @returns {Promise<Kafka>}
 * @throws {PlainProblem}
 */
export async function startKafka({ dir }) {
  const java = findJava();
  if (java) return startWith(java, resolve(dir), archiveOptions(java));
  if (engineAnswers()) return startKafkaInDocker(resolve(dir), untilReady);
  throw new PlainProblem(NO_JAVA);
}

/**
 * Boots Kafka once on a throw-away folder and keeps the classes that it loaded in an archive: every later start then
 * takes about a second instead of three.
 * @returns {Promise<boolean>} whether there is an archive now; without one Kafka starts all the same
 */
export async function prepareClassArchive() {
  const java = findJava();
  if (!java) throw new PlainProblem(NO_JAVA);
  const archive = archiveOf(java);
  if (existsSync(archive)) return statSync(archive).size > 0;
  const dir = mkdtempSync(join(tmpdir(), 'fairlead-kafka-'));
  const half = `${archive}.${process.pid}`;
  try {
    const kafka = await startWith(java, dir, [`-XX:ArchiveClassesAtExit=${half}`]);
    await kafka.stop();
    const made = existsSync(half);
    // An empty file remembers that this Java makes none, so that it is not tried again at every start.
    if (!made) writeFileSync(half, '');
    renameSync(half, archive);
    return made;
  } finally {
    rmSync(dir, { recursive: true, force: true });
    rmSync(half, { force: true });
  }
}

/**
 * @param {Java} java
 * @returns {boolean} whether prepareClassArchive has nothing to do
 */
export const hasClassArchive = (java) => existsSync(archiveOf(java));

/**
 * @param {Java} java
 * @param {string} dir
 * @param {readonly string[]} archive
 * @returns {Promise<Kafka>}
 */
async function startWith(java, dir, archive) {
  const jars = classPath();
  if (!jars)
    throw new PlainProblem('Kafka\'s jars are missing or damaged. Run "npm run setup", which fetches what is missing.');
  const path = jars.join(delimiter);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = await rememberedPort(join(dir, 'port'));
  const controllerPort = await controllerPortBeside(join(dir, 'controller-port'), port);
  const data = join(dir, 'data');
  const properties = writeProperties(dir, { PORT: port, CONTROLLER_PORT: controllerPort, DATA_DIR: data });
  if (!existsSync(join(data, 'meta.properties'))) format(java, path, properties, data);

  const logFile = join(dir, 'kafka.log');
  let logStart = 0;
  const server = new LocalServer({
    name: 'Kafka',
    recordFile: join(dir, 'kafka.pid.json'),
    signals: ['SIGTERM', 'SIGKILL'],
    stopWithinMs: STOP_WITHIN_MS,
    spawn: () => {
      const log = openLog(logFile);
      logStart = statSync(logFile).size;
      try {
        return spawnGuarded(java.executable, [...JVM, ...archive, '-cp', path, 'kafka.Kafka', properties], {
          cwd: dir,
          env: environment(),
          output: log,
          signals: ['SIGTERM', 'SIGKILL'],
          graceMs: STOP_WITHIN_MS,
        });
      } finally {
        closeSync(log);
      }
    },
    ready: (child) => untilReady(child, port, dir, () => readLogFrom(logFile, logStart)),
  });
  await server.start();
  return Object.assign(server, { port, brokers: `127.0.0.1:${port}` });
}

/**
 * @param {string} file
 * @param {number} taken
 */
async function controllerPortBeside(file, taken) {
  for (;;) {
    const port = await rememberedPort(file);
    if (port !== taken) return port;
    rmSync(file);
  }
}

/**
 * @param {string} dir
 * @param {Record<string, string | number>} values
 */
function writeProperties(dir, values) {
  const template = readFileSync(new URL('./kafka-server.properties', import.meta.url), 'utf8');
  const file = join(dir, 'server.properties');
  const filled = template.replace(/\$\{(\w+)\}/g, (whole, name) =>
    String(values[name] ?? whole).replaceAll('\\', '\\\\'),
  );
  writeFileSync(file, filled);
  return file;
}

/**
 * Gives the empty data folder its cluster id. A folder without meta.properties was left half-made and is made anew.
 * @param {Java} java
 * @param {string} path
 * @param {string} properties
 * @param {string} data
 */
function format(java, path, properties, data) {
  rmSync(data, { recursive: true, force: true });
  const clusterId = randomBytes(16).toString('base64url').replace(/^-/, 'A'); // a leading dash would read as an option
  const args = [...JVM, '-cp', path, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', properties];
  const made = spawnSync(java.executable, args, { encoding: 'utf8', env: environment(), timeout: FORMAT_WITHIN_MS });
  if (made.status !== 0)
    throw explained(
      `${made.error ?? ''}${made.stdout ?? ''}${made.stderr ?? ''}`,
      properties,
      'Kafka could not make its data folder',
    );
}

/** @param {Java} java */
function archiveOf(java) {
  // An archive fits exactly one Java and one list of jars; another one is not refused but silently ignored.
  const fit = createHash('sha256')
    .update(java.executable)
    .update(java.version)
    .update(jarsFolder())
    .digest('hex')
    .slice(0, 12);
  return join(jarsFolder(), `classes-${fit}.jsa`);
}

/** @param {Java} java */
function archiveOptions(java) {
  const archive = archiveOf(java);
  return statSync(archive, { throwIfNoEntry: false })?.size ? [`-XX:SharedArchiveFile=${archive}`] : [];
}

/** Nothing of JAVA_TOOL_OPTIONS, KAFKA_* from the caller: such a variable would silently change the broker. */
function environment() {
  return { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR, LC_ALL: 'C.UTF-8', TZ: 'UTC' };
}

/**
 * @param {import('node:child_process').ChildProcess} child
 * @param {number} port
 * @param {string} dir
 * @param {() => string} log
 */
async function untilReady(child, port, dir, log) {
  const deadline = Date.now() + READY_WITHIN_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) {
      throw explained(log(), dir, 'Kafka ended while it was starting');
    }
    if (await answers(port)) return;
    await new Promise((done) => setTimeout(done, 30));
  }
  throw explained(log(), dir, `Kafka was not ready within ${READY_WITHIN_MS / 1_000} s`);
}

/** Metadata request, version 1, for no topics, from the client "up?": the smallest question whose answer names the brokers. */
const METADATA_REQUEST = Buffer.from('\0\0\0\x11\0\x03\0\x01\0\0\0\x07\0\x03up?\0\0\0\0', 'latin1');

/**
 * An open port is not enough: a broker that its controller has not let in yet refuses work. One that is in is named in
 * its own answer: 4 bytes length, 4 bytes of ours, then the number of brokers.
 * @param {number} port
 * @returns {Promise<boolean>}
 */
function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const done = (/** @type {boolean} */ yes) => {
      socket.destroy();
      resolve(yes);
    };
    socket.setTimeout(1_000, () => done(false));
    socket.once('error', () => done(false));
    socket.once('close', () => done(false));
    socket.once('connect', () => socket.write(METADATA_REQUEST));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length >= 12) done(received.readInt32BE(8) > 0);
    });
  });
}

/**
 * @param {string} said what it said itself
 * @param {string} place
 * @param {string} what
 */
function explained(said, place, what) {
  const { bavail, bsize } = statfsSync(existsSync(place) ? place : '/');
  if (/No space left on device/i.test(said) || bavail * bsize < 16 * 1024 * 1024) {
    return new PlainProblem(
      'The disk is full, so Kafka cannot start. Free some space and start again; nothing is lost.',
    );
  }
  const lines = said.trim().split('\n');
  const line = lines.find((text) => /exception|error/i.test(text)) ?? lines.at(-1) ?? '';
  return new PlainProblem(`${what}: ${line.trim() || 'it gave no reason'}. Its log is kafka.log in the data folder.`, {
    cause: said,
  });
}

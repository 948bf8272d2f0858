// Asks a really started Fairlead everything that its own OpenAPI documents allow, and much that they do not, by Schemathesis:
// no answer may be a 5xx, and none may be one that is not documented. `node tools/conformance/conformance.mjs [--seed N]
// [--examples N] [--seconds N]`; as it is run by `npm test` it takes about a minute. It ends with 0 when all is well, with 1
// when something is found, and with 77 when it could not be done at all, and says then what is missing.
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { spawnGuarded } from '../../infra/local/guarded.mjs';
import { pythonEnvironment } from '../python-environment.mjs';

export const SKIPPED = 77;

const root = fileURLToPath(new URL('../..', import.meta.url));
const requirements = fileURLToPath(new URL('requirements.txt', import.meta.url));
const config = join(root, 'schemathesis.toml');

const START_WITHIN_MS = 60_000;
const STOP_WITHIN_MS = 15_000;
/** Beyond what Schemathesis was told to take: it ends between two requests, and starts and writes its report besides. */
const OVERTIME_MS = 30_000;
/** A request that takes longer hangs; the longest that we know of, a preview, gives up by itself after ten seconds. */
const REQUEST_WITHIN_S = 15;

/** Served by every service alike, so that they are asked of one of them only. */
const PLATFORM = '^/(health|metrics|v1/keys|v1/partners/[^/]+/keys|v1/parked)';
/** Two at once: each is one thread, as the services are, and they wait for one another. */
const LANES = [
  ['ingestion', 'audit', 'scoring'],
  ['routing', 'outcome-tracking', 'partner-notification'],
];

/**
 * @typedef {object} Effort
 * @property {number} seed
 * @property {number} examples of each operation and phase
 * @property {number} seconds for one document
 */

/** @typedef {{ name: string, passed: boolean, cases: number, output: string }} Outcome */

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main());

/** @returns {Promise<number>} the exit code */
async function main() {
  const { values } = parseArgs({
    options: {
      // The same requests each time: a change is to blame for what it breaks, and not for what was always so.
      seed: { type: 'string', default: '20261129' },
      examples: { type: 'string', default: '6' },
      seconds: { type: 'string', default: '13' },
    },
  });
  const effort = { seed: Number(values.seed), examples: Number(values.examples), seconds: Number(values.seconds) };
  const tool = installed();
  if ('missing' in tool) {
    console.log(`skipped: ${tool.missing}`);
    count([], 1);
    return SKIPPED;
  }
  const outcomes = [await wouldBeFound(tool.command, effort), ...(await ofFairlead(tool.command, effort))];
  for (const { name, passed, cases, output } of outcomes) {
    if (!passed) console.log(output);
    console.log(`  ${passed ? '✓' : '✗'} ${name.padEnd(48)} ${String(cases).padStart(6)} requests`);
  }
  count(outcomes, 0);
  return outcomes.every(({ passed }) => passed) ? 0 : 1;
}

/**
 * Schemathesis as requirements.txt pins it, in a folder of its own that is kept from run to run.
 * @returns {{ command: string } | { missing: string }}
 */
export function installed() {
  const environment = pythonEnvironment('conformance', requirements);
  return 'missing' in environment ? environment : { command: join(environment.bin, 'schemathesis') };
}

/**
 * Whether a defect would be found at all: a server that answers 500 to one thing and an undocumented 418 to another.
 * @param {string} command @param {Effort} effort @returns {Promise<Outcome>}
 */
async function wouldBeFound(command, effort) {
  const paths = Object.fromEntries(
    ['broken', 'undocumented'].map((name) => [`/${name}`, { get: { responses: { 200: { description: 'well' } } } }]),
  );
  const document = { openapi: '3.1.0', info: { title: 'Broken on purpose', version: '1' }, paths };
  const server = createServer(({ url }, response) => {
    response.statusCode = { '/openapi.json': 200, '/broken': 500 }[url ?? ''] ?? 418;
    response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  try {
    const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
    const url = `http://127.0.0.1:${port}/openapi.json`;
    const { cases, output, passed } = await asked(
      command,
      { url, name: '', key: '', options: ['--phases=coverage'] },
      effort,
    );
    const found = !passed && /Server error: 1/.test(output) && /Undocumented status code: [12]/.test(output);
    return { name: 'a 500 and an undocumented 418 would be found', passed: found, cases, output };
  } finally {
    server.close();
  }
}

/** @param {string} command @param {Effort} effort @returns {Promise<Outcome[]>} */
async function ofFairlead(command, effort) {
  const fairlead = await started();
  try {
    const { url, admin } = fairlead;
    const sourceKey = await prepare(url, admin);
    const documentOf = (/** @type {string} */ service) => `${url}/openapi/${service}.json`;
    const lanes = LANES.map(async (services) => {
      const outcomes = [];
      for (const service of services) {
        const options = service === 'ingestion' ? [] : ['--exclude-path-regex', PLATFORM];
        outcomes.push(await asked(command, { url: documentOf(service), name: service, key: admin, options }, effort));
      }
      return outcomes;
    });
    const outcomes = (await Promise.all(lanes)).flat();
    // What only a source may send, and tools that send for it; half as long, since it is three operations.
    const options = ['--include-path-regex', '^/v1/(leads$|sources/)'];
    const asSource = {
      url: documentOf('ingestion'),
      name: 'ingestion, with the key of a source',
      key: sourceKey,
      options,
    };
    outcomes.push(await asked(command, asSource, { ...effort, seconds: Math.ceil(effort.seconds / 2) }));
    return outcomes;
  } finally {
    await fairlead.stop();
  }
}

/** @returns {Promise<{ url: string, admin: string, stop: () => Promise<void> }>} */
async function started() {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-conformance-'));
  const admin = `conformance-${randomBytes(24).toString('hex')}`;
  const port = await freePort();
  const fairlead = join(root, 'services', 'cli', 'bin', 'fairlead.cjs');
  const child = spawnGuarded(process.execPath, [fairlead, 'start'], {
    signals: ['SIGINT', 'SIGKILL'],
    graceMs: STOP_WITHIN_MS,
    env: {
      ...process.env,
      FAIRLEAD_PORT: String(port),
      FAIRLEAD_DATA_DIR: join(folder, 'data'),
      FAIRLEAD_ADMIN_KEY: admin,
      // Its own servers, whatever else is set: what is sent to it is nothing that anybody wants to keep.
      DATABASE_URL: '',
      KEYS_DATABASE_URL: '',
      KAFKA_BROKERS: '',
    },
  });
  const ended = new Promise((resolve) => child.once('exit', resolve).once('error', resolve));
  const url = `http://127.0.0.1:${port}`;
  const stop = async () => {
    child.kill('SIGINT');
    await Promise.race([ended, sleep(STOP_WITHIN_MS, undefined, { ref: false }).then(() => child.kill('SIGKILL'))]);
    rmSync(folder, { recursive: true, force: true });
  };
  for (const until = Date.now() + START_WITHIN_MS; Date.now() < until && child.exitCode === null; await sleep(200)) {
    const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
    if (answer?.ok) return { url, admin, stop };
  }
  await stop();
  throw new Error(`Fairlead was not ready within ${START_WITHIN_MS / 1_000} s. "npx fairlead start" tells why.`);
}

/**
 * Something to ask about: a source, a partner, and leads.
 * @param {string} url @param {string} admin @returns {Promise<string>} the key of a source
 */
async function prepare(url, admin) {
  /** @param {string} method @param {string} path @param {object} body */
  const tell = async (method, path, body) => {
    const headers = { authorization: `Bearer ${admin}`, 'content-type': 'application/json' };
    const answer = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  await tell('PUT', '/v1/sources/web', { format: 'json' });
  await tell('PUT', '/v1/partners/acme', { name: 'Acme', tier: 'gold', status: 'active' });
  const leads = Array.from({ length: 20 }, (_, n) => ({
    source: 'web',
    externalId: `${n}`,
    email: `anna${n}@acme.example`,
  }));
  await tell('POST', '/v1/leads', leads);
  return (await tell('POST', '/v1/keys', { name: 'conformance', role: 'source', source: 'web' })).key;
}

/**
 * @param {string} command
 * @param {{ url: string, name: string, key: string, options: readonly string[] }} what
 * @param {Effort} effort
 * @returns {Promise<Outcome>}
 */
async function asked(command, { url, name, key, options }, { seed, examples, seconds }) {
  const args = ['--config-file', config, 'run', url, `--header=Authorization: Bearer ${key}`, '--no-color', ...options];
  args.push(`--seed=${seed}`, `--max-examples=${examples}`, `--max-time=${seconds}`, '--generation-database=none');
  // It measures itself, and this machine may be busy.
  args.push('--suppress-health-check=all', `--request-timeout=${REQUEST_WITHIN_S}`, '--warnings=off');
  const child = spawnGuarded(command, args, {
    output: 'pipe',
    signals: ['SIGINT', 'SIGKILL'],
    graceMs: 2_000,
    cwd: root,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', (text) => (output += text));
  const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1_000 + OVERTIME_MS);
  const code = await new Promise((resolve) => child.once('close', resolve).once('error', () => resolve(1)));
  clearTimeout(late);
  return { name, passed: code === 0, cases: Number(/(\d+) generated/.exec(output)?.[1] ?? 0), output };
}

/** @returns {Promise<number>} */
async function freePort() {
  const socket = createSocket();
  await new Promise((resolve) => socket.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (socket.address());
  await new Promise((resolve) => socket.close(resolve));
  return port;
}

/** @param {readonly Outcome[]} outcomes @param {number} skipped */
function count(outcomes, skipped) {
  const folder = join(root, 'tools', 'test-results');
  mkdirSync(folder, { recursive: true });
  const numPassedTests = outcomes.filter(({ passed }) => passed).length;
  const counts = { numPassedTests, numFailedTests: outcomes.length - numPassedTests, numPendingTests: skipped };
  writeFileSync(join(folder, 'conformance.json'), JSON.stringify(counts));
}

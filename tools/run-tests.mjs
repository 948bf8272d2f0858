// Everything that `npm test` checks, after the set-up: formatting, lint, types, unit tests, and the integration tests against
// one real PostgreSQL and one real Kafka. Every stage runs, also when an earlier one has failed; the last line counts.
import { globSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { spawnGuarded } from '../infra/local/guarded.mjs';
import { SKIPPED } from './conformance/conformance.mjs';
import { startTestServers } from './test-servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);
const conformance = fileURLToPath(new URL('conformance/conformance.mjs', import.meta.url));
const nx = [require.resolve('nx/bin/nx.js'), 'run-many', '--outputStyle=static'];
const testInt = [...nx, '-t', 'test-int', '--parallel=1'];
const prettier = [
  require.resolve('prettier/bin/prettier.cjs'),
  '--check',
  '--cache',
  '--cache-strategy=content',
  '--log-level=warn',
  '.',
];

/** Jest's workers need a moment to end, and the servers that a test has started itself another one. */
const END_WITHIN_MS = 10_000;

/** Files of the command line's that take longest, a minute or two each; the others are as long together. */
const LONG = ['import', 'log', 'start', 'outages', 'demo', 'bad-logs', 'routes'].map((name) => `${name}.int`);
/** Those in which services die, half as long together. */
const DEATHS = ['crash', 'master-key-rotation'].map((name) => `${name}.int`);

/**
 * What runs side by side, each about as long as the others. Tests of services that run for real wait half of
 * the time, for clocks and leases, so that three of them at a time are what keeps two cores busy.
 */
const LANES = [
  [partOf('cli', 'long', LONG), [...testInt, `--projects=${projects('audit')}`]],
  [[...testInt, `--projects=${projects('partner-notification', 'messaging')}`], partOf('cli', 'deaths', DEATHS)],
  [
    [...testInt, `--exclude=${projects('cli', 'audit', 'partner-notification', 'messaging')}`],
    partOf('cli', 'short', ['--testPathIgnorePatterns', ...LONG, ...DEATHS]),
  ],
];

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
let interrupted = false;
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) process.on(signal, interrupt);
process.on('disconnect', interrupt); // whoever started us is gone
process.channel?.unref();

process.chdir(root);
for (const file of globSync('{libs,services}/*/test-results/*.json').concat(globSync('tools/test-results/*.json')))
  rmSync(file);

/** @type {{ name: string, passed: boolean, skipped?: boolean, seconds: number }[]} */
const stages = [];
// Lint and types in one go each: package by package, each would be read with whatever it imports, most of it a dozen times.
await stage('lint, types, format, unit tests', [
  [[join(dirname(require.resolve('eslint/package.json')), 'bin/eslint.js'), '.']],
  [
    [require.resolve('typescript/bin/tsc'), '--noEmit', '-p', 'tsconfig.json'],
    prettier,
    [...nx, '-t', 'test', '--parallel=2'],
  ],
]);
await integrationTests();

// After all else, with nothing beside it: it is told how long it may take.
await stage('conformance tests', [[[conformance]]]);

console.log('');
for (const { name, passed, skipped, seconds } of stages) {
  const mark = skipped ? '–' : passed ? '✓' : '✗';
  console.log(`  ${mark} ${name.padEnd(32)} ${seconds.toFixed(1).padStart(7)} s${skipped ? '  skipped' : ''}`);
}
if (interrupted) {
  console.log('\nInterrupted.');
  process.exit(130);
}
const { passed, failed, skipped } = count();
console.log(`\n${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(stages.every((one) => one.passed) && failed === 0 && passed > 0 ? 0 : 1);

async function integrationTests() {
  if (interrupted) return;
  const { TEST_DATABASE_URL: databaseUrl, TEST_KAFKA_BROKERS: brokers } = process.env;
  // One pair for all packages: each test makes its own database and its own topics in it.
  const servers =
    databaseUrl && brokers
      ? { databaseUrl, brokers, stop: async () => undefined }
      : await startTestServers().catch(tell);
  if (!servers) return void stages.push({ name: 'integration tests', passed: false, seconds: 0 });
  try {
    await stage('integration tests', LANES, {
      TEST_DATABASE_URL: servers.databaseUrl,
      TEST_KAFKA_BROKERS: servers.brokers,
    });
  } finally {
    await servers.stop();
  }
}

/** @param {...string} names */
function projects(...names) {
  return names.map((name) => `@fairlead/${name}`).join(',');
}

/**
 * Some of a package's integration tests.
 * @param {string} name
 * @param {string} part  by which its results are told from the others'
 * @param {readonly string[]} which  for Jest
 */
function partOf(name, part, which) {
  return [
    require.resolve('nx/bin/nx.js'),
    'run',
    `@fairlead/${name}:test-int`,
    '--outputStyle=static',
    '--',
    `--part=${part}`,
    ...which,
  ];
}

/** @param {Error} error */
function tell(error) {
  console.error(`\nThe test servers could not be started. ${error.message}`);
  return undefined;
}

/**
 * @param {string} name
 * @param {readonly (readonly (readonly string[])[])[]} lanes  side by side; the commands of each one after the other
 * @param {NodeJS.ProcessEnv} [more]
 */
async function stage(name, lanes, more = {}) {
  if (interrupted) return;
  console.log(`\n=== ${name} ===`);
  const began = Date.now();
  const codes = (
    await Promise.all(
      lanes.map(async (commands) => {
        const codes = [];
        for (const args of commands) if (!interrupted) codes.push(await finished(args, more));
        return codes;
      }),
    )
  ).flat();
  stages.push({
    name,
    passed: codes.every((code) => code === 0 || code === SKIPPED),
    skipped: codes.includes(SKIPPED),
    seconds: (Date.now() - began) / 1_000,
  });
}

/**
 * @param {readonly string[]} args
 * @param {NodeJS.ProcessEnv} more
 */
async function finished(args, more) {
  const child = spawnGuarded(process.execPath, args, {
    env: { ...process.env, ...more },
    output: 'inherit',
    signals: ['SIGINT', 'SIGKILL'],
    graceMs: END_WITHIN_MS,
  });
  running.add(child);
  const code = await new Promise((resolve) => child.once('exit', resolve).once('error', () => resolve(1)));
  running.delete(child);
  return code;
}

function interrupt() {
  if (interrupted) return;
  interrupted = true;
  for (const { pid: group } of running) {
    if (group === undefined) continue;
    signalGroup(group, 'SIGINT');
    setTimeout(() => signalGroup(group, 'SIGKILL'), END_WITHIN_MS).unref();
  }
}

/**
 * @param {number} group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // all of it has ended
  }
}

/** Adds up what each package's run has left. A test file that could not even be loaded counts as a failed test. */
function count() {
  const sum = { passed: 0, failed: 0, skipped: 0 };
  for (const file of globSync('{tools,{libs,services}/*}/test-results/*.json')) {
    const result = JSON.parse(readFileSync(file, 'utf8'));
    sum.passed += result.numPassedTests;
    sum.failed += result.numFailedTests + (result.numRuntimeErrorTestSuites ?? 0);
    sum.skipped += result.numPendingTests + (result.numTodoTests ?? 0);
  }
  // A run that was killed has left nothing to count, and still has failed.
  if (sum.failed === 0 && stages.some(({ name, passed }) => name.endsWith('tests') && !passed)) sum.failed = 1;
  return sum;
}

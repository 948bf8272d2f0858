// Are the fault tests worth their name? Plants one bug after the other in a copy of the checkout and runs the tests that should
// see it. `node tools/planted-bugs.mjs [part of a name]`; exit 0 only when every bug was caught. `--check`: whether
// each still fits the code, without running anything.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startTestServers } from './test-servers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** `find` must occur exactly once, so that a bug that no longer fits the code is noticed. */
const bugs = [
  {
    name: 'offsets are committed before the effects are',
    file: 'libs/messaging/src/kafka.ts',
    find: 'const work = beating(heartbeat,',
    replace:
      'await this.#consumer.commitOffsets([{ topic, partition, offset: String(BigInt(batch.lastOffset()) + 1n) }]);\n          const work = beating(heartbeat,',
    package: 'libs/messaging',
    test: ['exactly-once', '-t', 'consumer.claimed|consumer.handled|unit.committing'],
  },
  {
    name: 'the outbox is read with a cursor',
    file: 'libs/messaging/src/relay.ts',
    find: 'const { rows, more } = await readOutbox(session.query, published, BATCH, BATCH_BYTES);',
    replace:
      'const { rows: all, more } = await readOutbox(session.query, published, BATCH, BATCH_BYTES);\n      const rows = all.filter(({ position }) => BigInt(position) > this.#cursor);\n      this.#cursor = rows.reduce((last, { position }) => (BigInt(position) > last ? BigInt(position) : last), this.#cursor);',
    also: { find: '  #published = 0;', replace: '  #published = 0;\n  #cursor = 0n;' },
    package: 'libs/messaging',
    test: ['faults', '-t', 'committed late'],
  },
  {
    name: 'there is no inbox',
    file: 'libs/messaging/src/inbox.ts',
    find: 'ON CONFLICT DO NOTHING RETURNING event_id',
    replace: 'ON CONFLICT (event_id, consumer) DO UPDATE SET claimed_at = now() RETURNING event_id',
    package: 'libs/messaging',
    test: ['exactly-once', '-t', 'unit.committed|before-offsets'],
  },
  {
    name: "a handler's error is swallowed",
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'await lastValueFrom(result, { defaultValue: undefined });',
    replace: 'void lastValueFrom(result, { defaultValue: undefined }).catch(() => undefined);',
    package: 'libs/messaging',
    test: ['faults', '-t', 'always refuses'],
  },
  {
    name: 'what one handler put off the next one does not read',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'if (!isFirst) await unit.writeNow();',
    replace: '',
    package: 'libs/messaging',
    test: ['put-off-writes', '-t', 'next handler'],
  },
  {
    name: 'a row is changed twice in one statement',
    file: 'libs/messaging/src/put-off-writes.ts',
    find: 'groups.length === 0 || tables.has(table)',
    replace: 'groups.length === 0',
    package: 'libs/messaging',
    test: ['put-off-writes', '-t', 'a row twice'],
  },
  {
    name: 'the relay publishes in no particular order',
    file: 'libs/messaging/src/outbox.ts',
    find: 'OR place = 1 ORDER BY position',
    replace: 'OR place = 1 ORDER BY event_id',
    package: 'libs/messaging',
    test: ['exactly-once', '-t', 'goes wrong'],
  },
  {
    name: 'later events of a parked lead do not wait',
    file: 'libs/messaging/src/inbox.ts',
    find: 'AND redriven_at IS NULL\n       ) AS waits',
    replace: 'AND redriven_at IS NULL AND false\n       ) AS waits',
    package: 'libs/messaging',
    test: ['faults', '-t', 'always refuses'],
  },
  {
    name: 'pools are not locked',
    file: 'services/routing/src/store/pools.store.ts',
    find: 'FROM pools CROSS JOIN decision_order ORDER BY id FOR UPDATE',
    replace: 'FROM pools CROSS JOIN decision_order ORDER BY id',
    package: 'services/routing',
    test: ['routing', '-t', 'gap'],
  },
  {
    name: 'a group without offsets begins at the beginning',
    file: 'libs/messaging/src/kafka.ts',
    find: 'if (known === NEVER_COMMITTED) this.#consumer.seek(',
    replace: 'if (known === undefined) this.#consumer.seek(',
    package: 'libs/messaging',
    test: ['faults', '-t', 'forgotten'],
  },
  {
    name: 'an offset alarm does not halt',
    file: 'libs/messaging/src/batch-consumer.ts',
    find: 'void consumer.halt();',
    replace: '',
    package: 'libs/messaging',
    test: ['faults', '-t', 'halts with an alarm'],
  },
  {
    name: 'a sender whose lease has run out settles what another has claimed',
    file: 'services/partner-notification/src/store/delivery-queue.store.ts',
    find: "(result.outcome = 'failed' AND q.claims = result.claim)",
    replace: "result.outcome = 'failed'",
    package: 'services/partner-notification',
    test: ['stale-claims'],
  },
  {
    name: 'a digest is gathered apart from how far it goes',
    file: 'services/partner-notification/src/handlers/digests.timer.ts',
    find: 'await this.deliveries.intendDigest(query,',
    replace: 'await this.deliveries.intendDigest(this.units.query,',
    package: 'services/partner-notification',
    test: ['digests', '-t', 'wherever its sender dies'],
  },
];

if (process.argv[2] === '--check') {
  for (const bug of bugs) plant(bug, readFileSync(join(root, bug.file), 'utf8'));
  console.log(`${bugs.length} bugs can be planted`);
  process.exit(0);
}

const wanted = bugs.filter(({ name }) => name.includes(process.argv[2] ?? ''));
const copy = copyOfCheckout();
const servers = await startTestServers();
const env = { ...process.env, TEST_DATABASE_URL: servers.databaseUrl, TEST_KAFKA_BROKERS: servers.brokers };
let missed = 0;
try {
  for (const bug of wanted) {
    const original = readFileSync(join(copy, bug.file), 'utf8');
    writeFileSync(join(copy, bug.file), plant(bug, original));
    const outcome = runTests(bug);
    writeFileSync(join(copy, bug.file), original);
    if (!outcome.failed) missed += 1;
    console.log(`${outcome.failed ? 'caught' : 'MISSED'}  ${bug.name}  (${outcome.summary})`);
  }
} finally {
  await servers.stop();
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${wanted.length - missed} of ${wanted.length} planted bugs were caught`);
process.exit(missed === 0 && wanted.length > 0 ? 0 : 1);

/** A failing test proves nothing when the same test fails without the bug, or did not run: both are told apart here. */
function runTests({ package: folder, test }) {
  const results = join(copy, folder, 'test-results/integration.json');
  rmSync(results, { force: true });
  const jest = ['../../tools/jest.mjs', 'integration', ...test];
  const run = spawnSync(process.execPath, jest, { cwd: join(copy, folder), env, encoding: 'utf8', timeout: 300_000 });
  if (!existsSync(results)) return { failed: false, summary: `no results: ${run.stderr.slice(-500)}` };
  const { numFailedTests, numPassedTests, numRuntimeErrorTestSuites } = JSON.parse(readFileSync(results, 'utf8'));
  if (numRuntimeErrorTestSuites > 0) return { failed: false, summary: 'the tests did not run' };
  return { failed: numFailedTests > 0, summary: `${numFailedTests} failed, ${numPassedTests} passed` };
}

function plant(bug, original) {
  const changes = [bug, ...(bug.also ? [bug.also] : [])];
  return changes.reduce((text, change) => planted(text, change, bug.name), original);
}

function planted(text, { find, replace }, name) {
  if (text.split(find).length !== 2) throw new Error(`"${name}": the place to plant it is not there exactly once`);
  return text.replace(find, () => replace);
}

/** Sources are copied; dependencies are linked, all but our own packages, which must be those of the copy. */
function copyOfCheckout() {
  const to = mkdtempSync(join(tmpdir(), 'fairlead-planted-'));
  for (const file of execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' })
    .split('\0')
    .filter(Boolean)) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(root, file), join(to, file));
  }
  mkdirSync(join(to, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (name === '.cache' || name === '@fairlead') continue;
    symlinkSync(join(root, 'node_modules', name), join(to, 'node_modules', name));
  }
  cpSync(join(root, 'node_modules/@fairlead'), join(to, 'node_modules/@fairlead'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  return to;
}

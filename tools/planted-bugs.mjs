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
  {
    name: 'a checkpoint is signed of what could not be written',
    file: 'services/audit/src/sequencer/log-writer.ts',
    find: 'if (this.failed !== undefined) throw this.failed as Error;',
    replace: '',
    package: 'services/audit',
    test: ['faults', '-t', 'signs nothing that is not written'],
  },
  {
    name: 'the log does not go on by itself when there is room again',
    file: 'services/audit/src/sequencer/sequencer.ts',
    find: '        this.note(error);',
    replace: '        this.note(error);\n        return;',
    package: 'services/audit',
    test: ['faults', '-t', 'signs nothing that is not written'],
  },
  {
    name: 'what had a place and was not published is left out after a crash',
    file: 'services/audit/src/sequencer/sequencer.ts',
    find: '      await this.recover(writer, epoch, size);',
    replace: '',
    package: 'services/audit',
    test: ['faults', '-t', 'survives a crash at audit.(placed|written)'],
  },
  {
    name: 'a checkpoint that was published and not shown stays so after a crash',
    file: 'services/audit/src/sequencer/lead.ts',
    find: 'if (this.note !== null) await this.writer.show({ note: this.note });',
    replace: '',
    package: 'services/audit',
    test: ['faults', '-t', 'shows what was published'],
  },
  {
    name: 'a leader that was put aside goes on giving places',
    file: 'services/audit/src/store/log.store.ts',
    find: "if (row?.epoch !== epoch) throw new NoLongerLeading('another process leads');\n    return row.size;",
    replace: 'return row?.size ?? 0;',
    package: 'services/audit',
    test: ['leading', '-t', 'that a process has lost'],
  },
  {
    name: 'whoever leads is not asked whether it still does',
    file: 'services/audit/src/store/log.store.ts',
    find: 'WHERE leads_until < clock_timestamp() RETURNING epoch',
    replace: 'RETURNING epoch',
    package: 'services/audit',
    test: ['leading', '-t', 'one process’s at a time'],
  },
  {
    name: 'a storage from an older backup is signed on top of',
    file: 'services/audit/src/sequencer/log-writer.ts',
    find: 'if (tile?.length !== name.width * HASH_BYTES)',
    replace:
      'if (!tile) return Buffer.alloc(name.width * HASH_BYTES);\n        if (tile.length !== name.width * HASH_BYTES)',
    also: {
      find: 'if (!tree.root().equals(root))',
      replace: 'if (!root)',
    },
    package: 'services/audit',
    test: ['log.int', '-t', 'signs no fork of an older folder'],
  },
  {
    name: 'the timeline of a lead tells what is in no checkpoint yet',
    file: 'services/audit/src/store/log.store.ts',
    find: 'WHERE subject = $1 AND index > $2 AND index < $3 ORDER BY index LIMIT $4',
    replace: 'WHERE subject = $1 AND index > $2 AND $3 > 0 ORDER BY index LIMIT $4',
    package: 'services/audit',
    test: ['log.int', '-t', 'life in its order'],
  },
  {
    name: 'the timeline of a lead from an export tells what was said of others that name it',
    file: 'services/cli/src/lead/timeline.command.ts',
    find: 'if (event.subject === lead) found.push',
    replace: 'found.push',
    package: 'services/cli',
    test: ['bad-logs', '-t', 'tells of a lead what was said of it'],
  },
  {
    name: 'an offer ends before its time',
    file: 'services/outcome-tracking/src/store/leads.store.ts',
    find: "WHERE state = 'offered' AND pending = '[]' AND accept_by < to_timestamp($1::numeric / 1000)\n       ORDER BY",
    replace: "WHERE state = 'offered' AND pending = '[]' AND $1::numeric > 0\n       ORDER BY",
    package: 'services/outcome-tracking',
    test: ['offer-expiry', '-t', 'leaves those alone'],
  },
  {
    name: 'what is parked of an erased lead is left as it is',
    file: 'libs/messaging/src/parking.ts',
    find: 'if (unknown.length === 0) return 0;',
    replace: 'if (unknown.length >= 0) return 0;',
    package: 'libs/messaging',
    test: ['faults', '-t', 'of an erased lead'],
  },
  {
    name: 'what is parked of an erased lead stays in the outbox',
    file: 'libs/messaging/src/parking.ts',
    find: "DELETE FROM outbox WHERE topic = 'parked' AND key = ANY($2)",
    replace: "DELETE FROM outbox WHERE topic = 'parked' AND key = ANY($2) AND false",
    package: 'libs/messaging',
    test: ['faults', '-t', 'of an erased lead'],
  },
  {
    name: 'two rebuilds go on at once',
    file: 'services/outcome-tracking/src/read-models/rebuild-read-models.ts',
    find: "if (!(await session.tryLock('fairlead rebuild'))) throw",
    replace: "if (!(await session.tryLock('fairlead rebuild')) && false) throw",
    package: 'services/cli',
    test: ['log.int', '-t', 'rebuil'],
  },
  {
    name: 'an absorbed lead is offered on',
    file: 'libs/decisions/src/route/route-lead.ts',
    find: 'if (lead.absorbed) return decision.toNobody(ABSORBED, undefined);',
    replace: '',
    package: 'services/routing',
    test: ['absorbed-leads', '-t', 'are offered to nobody any more'],
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

// One throw-away PostgreSQL and one throw-away Kafka for the integration tests. Jest calls this before a package's tests
// (globalSetup); `npm test` calls it once and hands the addresses to every package, which then finds them in its environment.
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findJava } from '../infra/local/java.mjs';
import { startKafka } from '../infra/local/kafka.mjs';
import { engineAnswers } from '../infra/local/kafka-in-docker.mjs';
import { startPostgres } from '../infra/local/postgres.mjs';
import { isStillThere, readProcessRecord, writeProcessRecord } from '../infra/local/process-identity.mjs';

/**
 * @typedef {object} TestServers
 * @property {string} databaseUrl of a superuser: each test makes a database of its own
 * @property {string} brokers
 * @property {() => Promise<void>} stop
 */

/** Jest's globalSetup. The teardown is test-servers-stop.mjs. */
export default async function setUp() {
  const { TEST_DATABASE_URL, TEST_KAFKA_BROKERS } = process.env;
  if (TEST_DATABASE_URL && TEST_KAFKA_BROKERS) return;
  const servers = await startTestServers();
  process.env.TEST_DATABASE_URL = servers.databaseUrl;
  process.env.TEST_KAFKA_BROKERS = servers.brokers;
  /** @type {{ stopTestServers?: () => Promise<void> }} */ (globalThis).stopTestServers = servers.stop;
}

/**
 * Embedded ones; containers where FAIRLEAD_TEST_SERVERS=testcontainers asks for them, or where Java is missing.
 * @returns {Promise<TestServers>}
 */
export async function startTestServers() {
  const containers = process.env.FAIRLEAD_TEST_SERVERS === 'testcontainers' || (!findJava() && engineAnswers());
  return containers ? startContainers() : startEmbedded();
}

/** @returns {Promise<TestServers>} */
async function startEmbedded() {
  removeAbandoned();
  const dir = mkdtempSync(join(tmpdir(), PREFIX));
  writeProcessRecord(join(dir, OWNER), process.pid);
  chmodSync(dir, 0o711); // PostgreSQL, when root starts it, runs under another number and must get through
  const started = await Promise.allSettled([
    startPostgres({ dir: join(dir, 'postgres'), durable: false }),
    startKafka({ dir: join(dir, 'kafka') }),
  ]);
  const [postgres, kafka] = started;
  const stop = async () => {
    await Promise.all(started.map((server) => (server.status === 'fulfilled' ? server.value.stop() : undefined)));
    rmSync(dir, { recursive: true, force: true });
  };
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled') {
    return { databaseUrl: postgres.value.url, brokers: kafka.value.brokers, stop };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : /** @type {PromiseRejectedResult} */ (kafka).reason;
}

/** @returns {Promise<TestServers>} */
async function startContainers() {
  const { startTestContainers } = await import('./test-containers.mjs');
  return startTestContainers();
}

const PREFIX = 'fairlead-test-';
const OWNER = 'owner.json';

/** A run that was killed could not remove its 100 MB; its servers have ended with it. */
function removeAbandoned() {
  for (const name of readdirSync(tmpdir()).filter((entry) => entry.startsWith(PREFIX))) {
    const owner = readProcessRecord(join(tmpdir(), name, OWNER));
    if (owner && !isStillThere(owner)) rmSync(join(tmpdir(), name), { recursive: true, force: true });
  }
}

// The same two servers from a Docker engine, through testcontainers.
import { PostgreSqlContainer } from '@testcontainers/postgresql';
import { GenericContainer, Wait } from 'testcontainers';
import { freePort } from '../infra/local/ports.mjs';

/** @returns {Promise<import('./test-servers.mjs').TestServers>} */
export async function startTestContainers() {
  const started = await Promise.allSettled([startPostgres(), startKafka()]);
  const [postgres, kafka] = started;
  const stop = async () => {
    await Promise.all(started.map((one) => (one.status === 'fulfilled' ? one.value.container.stop() : undefined)));
  };
  if (postgres.status === 'fulfilled' && kafka.status === 'fulfilled') {
    return { databaseUrl: postgres.value.container.getConnectionUri(), brokers: kafka.value.brokers, stop };
  }
  await stop();
  throw postgres.status === 'rejected' ? postgres.reason : /** @type {PromiseRejectedResult} */ (kafka).reason;
}

async function startPostgres() {
  const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off', 'max_connections=200'];
  const container = await new PostgreSqlContainer('postgres:18')
    .withCommand(['postgres', ...fast.flatMap((setting) => ['-c', setting])])
    .start();
  return { container };
}

/**
 * The Kafka module of testcontainers knows Confluent's image only. A broker tells its clients where to find it, so the
 * port outside the container has to be chosen before the start.
 */
async function startKafka() {
  const port = await freePort();
  const container = await new GenericContainer('apache/kafka:4.4.0')
    .withExposedPorts({ container: 9094, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093,EXTERNAL://:9094',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:9092,EXTERNAL://127.0.0.1:${port}`,
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT',
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
      KAFKA_HEAP_OPTS: '-Xmx256m',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .start();
  return { container, brokers: `${container.getHost()}:${port}` };
}

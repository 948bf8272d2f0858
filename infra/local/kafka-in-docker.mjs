// The same broker from its official image, for machines that have a Docker engine but no Java.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { spawnGuarded } from './guarded.mjs';
import { LocalServer, openLog, readLogFrom } from './local-server.mjs';
import { PlainProblem } from './plain-problem.mjs';
import { rememberedPort } from './ports.mjs';

const IMAGE = 'apache/kafka:4.4.0';
const PULL_WITHIN_MS = 600_000; // 400 MB on a slow line
const STOP_WITHIN_MS = 20_000;

/** @returns {boolean} */
export function engineAnswers() {
  return spawnSync('docker', ['version'], { stdio: 'ignore', timeout: 10_000 }).status === 0;
}

/**
 * The container runs in the foreground of a `docker run`, which hands signals on; its data is a volume named after the
 * folder, where the port is kept.
 * @param {string} dir
 * @param {(child: import('node:child_process').ChildProcess, port: number, dir: string, log: () => string) => Promise<void>} untilReady
 * @returns {Promise<import('./kafka.mjs').Kafka>}
 */
export async function startKafkaInDocker(dir, untilReady) {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const port = await rememberedPort(join(dir, 'port'));
  const name = `fairlead-kafka-${createHash('sha256').update(dir).digest('hex').slice(0, 12)}`;
  fetchImage();
  const logFile = join(dir, 'kafka.log');
  let logStart = 0;
  const server = new LocalServer({
    name: 'Kafka',
    recordFile: join(dir, 'kafka.pid.json'),
    signals: ['SIGTERM', 'SIGKILL'],
    stopWithinMs: STOP_WITHIN_MS,
    // A docker command that was killed leaves its container running.
    clear: () => void spawnSync('docker', ['rm', '--force', name], { stdio: 'ignore', timeout: 30_000 }),
    spawn: () => {
      const log = openLog(logFile);
      logStart = statSync(logFile).size;
      try {
        const settings = Object.entries(environment(port)).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
        const storage = ['--volume', `${name}:/var/lib/kafka/data`];
        const args = ['run', '--rm', '--name', name, '--publish', `127.0.0.1:${port}:${port}`, ...storage, ...settings];
        return spawnGuarded('docker', [...args, IMAGE], {
          cwd: dir,
          env: process.env,
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

function fetchImage() {
  if (spawnSync('docker', ['image', 'inspect', IMAGE], { stdio: 'ignore', timeout: 30_000 }).status === 0) return;
  const pull = spawnSync('docker', ['pull', '--quiet', IMAGE], { encoding: 'utf8', timeout: PULL_WITHIN_MS });
  if (pull.status === 0) return;
  const why = pull.stderr?.trim().split('\n').at(-1) || 'no answer in time';
  throw new PlainProblem(
    `Docker could not fetch the image ${IMAGE} (${why}). Check the network and try again, or install Java, which Kafka then uses instead.`,
  );
}

/**
 * kafka-server.properties once more, in the words of the image.
 * @param {number} port
 * @returns {Record<string, string>}
 */
function environment(port) {
  return {
    CLUSTER_ID: '4L6g3nShT-eMCtK--X86sw', // the image formats an empty volume with it
    KAFKA_NODE_ID: '1',
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_LISTENERS: `PLAINTEXT://:9092,CONTROLLER://:9093,EXTERNAL://:${port}`,
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://localhost:9092,EXTERNAL://127.0.0.1:${port}`,
    KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTERNAL:PLAINTEXT',
    KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
    KAFKA_INTER_BROKER_LISTENER_NAME: 'PLAINTEXT',
    KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
    KAFKA_LOG_DIRS: '/var/lib/kafka/data',
    KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
    KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
    KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS: '4',
    KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
    KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
    KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS: '1000',
    KAFKA_BROKER_SESSION_TIMEOUT_MS: '1500',
    KAFKA_BROKER_HEARTBEAT_INTERVAL_MS: '300',
    KAFKA_HEAP_OPTS: '-Xmx256m',
  };
}

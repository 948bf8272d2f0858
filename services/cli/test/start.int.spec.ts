import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createDataSource, migrate } from '@fairlead/persistence';
import pg from 'pg';
import { freePort } from '../../../infra/local/ports.mjs';
import { isStillThere, readProcessRecord } from '../../../infra/local/process-identity.mjs';
import { ownDatabase } from './fixture/own-database.js';

const launcher = fileURLToPath(new URL('../bin/fairlead.cjs', import.meta.url));

/** Several starts of Java, on a machine that may run other things too. */
const PATIENCE_MS = 180_000;

interface Line {
  readonly event: string;
  readonly url?: string;
  readonly adminKey?: string;
  readonly what?: string;
  readonly name?: string;
}

/** A `fairlead start --json` on a folder of its own, with its lines as they come. */
class Started {
  readonly lines: Line[] = [];
  readonly ended: Promise<number | null>;
  errors = '';
  private readonly child: ChildProcess;

  constructor(
    readonly folder: string,
    readonly port: number,
    more: NodeJS.ProcessEnv = {},
  ) {
    const { DATABASE_URL: _d, KAFKA_BROKERS: _k, FAIRLEAD_ADMIN_KEY: _a, ...environment } = process.env;
    this.child = spawn(
      process.execPath,
      [launcher, 'start', '--json', '--services', 'outcome-tracking', '--port', String(port)],
      { env: { ...environment, FAIRLEAD_DATA_DIR: folder, ...more }, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let rest = '';
    this.child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (rest + chunk).split('\n');
      rest = lines.pop() ?? '';
      this.lines.push(...lines.map((line) => JSON.parse(line) as Line));
    });
    this.child.stderr?.setEncoding('utf8').on('data', (chunk: string) => (this.errors += chunk));
    this.ended = new Promise((resolve) => this.child.once('close', resolve));
  }

  /** The supervisor itself; the launcher that we have started is its parent. */
  get pid(): number {
    return this.record('running.json').pid;
  }

  record(...names: string[]): { pid: number; born: string } {
    const record = readProcessRecord(join(this.folder, ...names));
    if (!record) throw new Error(`no record ${names.join('/')}`);
    return record;
  }

  get servers(): { pid: number; born: string }[] {
    return [
      this.record('postgres', 'postgres.pid.json'),
      this.record('kafka', 'kafka.pid.json'),
      this.record('services.pid.json'),
    ];
  }

  async line(wanted: Partial<Line>): Promise<Line> {
    const found = (): Line | undefined =>
      this.lines.find((line) => Object.entries(wanted).every(([name, value]) => line[name as keyof Line] === value));
    await until(() => found() !== undefined || this.child.exitCode !== null);
    const line = found();
    if (!line) throw new Error(`it ended before ${JSON.stringify(wanted)}: ${this.errors}`);
    return line;
  }

  async ready(): Promise<Line> {
    return this.line({ event: 'ready' });
  }

  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
    this.child.kill(signal);
    return this.ended;
  }

  async health(): Promise<number> {
    const response = await fetch(`http://127.0.0.1:${this.port}/health/ready`).catch(() => undefined);
    return response?.status ?? 0;
  }
}

/** Root's PostgreSQL runs under another number and must get through; closed, its data would go to a folder of the system. */
function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-start-'));
  chmodSync(folder, 0o711);
  return folder;
}

async function until(condition: () => boolean | Promise<boolean>, ms = 90_000): Promise<void> {
  const deadline = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

describe('fairlead start', () => {
  let folder: string;
  let port: number;
  const all: Started[] = [];
  const start = (more?: NodeJS.ProcessEnv): Started => {
    const started = new Started(folder, port, more);
    all.push(started);
    return started;
  };
  beforeAll(async () => {
    folder = join(temporaryFolder(), 'data');
    port = await freePort();
  }, PATIENCE_MS);
  afterAll(async () => {
    await Promise.all(all.map((one) => one.stop()));
    rmSync(join(folder, '..'), { recursive: true, force: true });
  }, PATIENCE_MS);

  let adminKey: string;

  it(
    'starts PostgreSQL, Kafka and the services, and shows the administrator’s key once',
    async () => {
      const started = start();
      const ready = await started.ready();
      adminKey = ready.adminKey ?? '';
      expect(adminKey).toMatch(/^flk_[0-9a-f]{16}_[\w-]{43}$/);
      expect(started.lines.map(({ event, what }) => what ?? event)).toEqual(
        expect.arrayContaining(['PostgreSQL', 'Kafka', 'Services', 'ready']),
      );
      expect(await started.health()).toBe(200);
      for (const secret of ['admin-key', 'master-key', 'postgres/password', 'postgres/password-fairlead']) {
        expect([secret, statSync(join(folder, secret)).mode & 0o777]).toEqual([secret, 0o600]);
      }
    },
    PATIENCE_MS,
  );

  it(
    'says so when it is running already on the same data, with process and address',
    async () => {
      const second = new Started(folder, port);
      expect(await second.ended).toBe(1);
      expect(second.errors).toMatch(new RegExp(`running already .*process ${all[0]?.pid}, http://127.0.0.1:${port}`));
    },
    PATIENCE_MS,
  );

  it(
    'says so when its port is taken, before it starts anything',
    async () => {
      const taken = await freePort();
      const other = createServer().listen(taken, '127.0.0.1');
      const empty = join(folder, '..', 'other');
      const second = new Started(empty, taken);
      expect(await second.ended).toBe(1);
      other.close();
      expect(second.errors).toContain(`Port ${taken} is taken by another program.`);
      expect(existsSync(empty)).toBe(false);
    },
    PATIENCE_MS,
  );

  it.each([
    ['PostgreSQL', ['postgres', 'postgres.pid.json'], 'PostgreSQL'],
    ['Kafka', ['kafka', 'kafka.pid.json'], 'Kafka'],
    ['the process of the services', ['services.pid.json'], 'the services'],
  ])(
    'starts %s again when it was killed',
    async (_, record, what) => {
      const [started] = all as [Started];
      const killed = started.record(...record);
      process.kill(killed.pid, 'SIGKILL');
      await started.line({ event: 'died', what });
      await started.line({ event: 'restarted', what });
      expect(started.record(...record).pid).not.toBe(killed.pid);
      await until(async () => (await started.health()) === 200);
    },
    PATIENCE_MS,
  );

  it(
    'stops everything at Ctrl-C, and finds its data and its keys at the next start',
    async () => {
      const [first] = all as [Started];
      const headers = { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' };
      const keys = `http://127.0.0.1:${port}/v1/keys`;
      const made = await fetch(keys, {
        method: 'POST',
        headers,
        body: JSON.stringify({ role: 'manager', name: 'kept over a restart' }),
      });
      expect(made.status).toBe(201);

      const servers = first.servers;
      expect(await first.stop()).toBe(0);
      expect(servers.filter((server) => isStillThere(server))).toEqual([]);
      expect(existsSync(join(folder, 'running.json'))).toBe(false);

      const second = start();
      expect((await second.ready()).adminKey).toBeUndefined();
      const listed = await (await fetch(keys, { headers })).text();
      expect(listed).toContain('kept over a restart');
    },
    PATIENCE_MS,
  );

  it(
    'leaves no process behind when it is killed itself, and starts again at once',
    async () => {
      const killed = all.at(-1) as Started;
      const servers = killed.servers;
      process.kill(killed.pid, 'SIGKILL');
      const next = start(); // without waiting for what the killed one has left
      await next.ready();
      expect(servers.filter((server) => isStillThere(server))).toEqual([]);
      expect(await next.health()).toBe(200);
    },
    PATIENCE_MS,
  );

  it(
    'ends when whoever started it is gone without a word',
    async () => {
      const orphan = all.at(-1) as Started;
      const servers = [orphan.record('running.json'), ...orphan.servers];
      await orphan.stop('SIGKILL'); // the launcher; the supervisor is its child
      await until(() => !servers.some((server) => isStillThere(server)));
    },
    PATIENCE_MS,
  );

  it(
    'makes no new master key when the one that was used is gone, and goes on when it is back',
    async () => {
      // With a new one in its place the start was ready within seconds, and every lead of before was lost from sight.
      const [file, aside] = [join(folder, 'master-key'), join(folder, 'master-key.aside')];
      renameSync(file, aside);
      const refused = start();
      expect(await refused.ended).toBe(1);
      expect(refused.errors).toContain(`${file} cannot be read (ENOENT). Put it back`);
      expect(existsSync(file)).toBe(false);
      renameSync(aside, file);
      const next = start();
      await next.ready();
      expect(await next.health()).toBe(200);
      await next.stop();
    },
    PATIENCE_MS,
  );

  it(
    'refuses to run with another master key than the data was written with',
    async () => {
      const other = join(folder, 'another-master-key');
      writeFileSync(other, `1 ${randomBytes(32).toString('base64')}\n`, { mode: 0o600 });
      const refused = start({ FAIRLEAD_MASTER_KEY_FILE: other });
      expect(await refused.ended).toBe(1);
      expect(refused.errors).toContain(`${other} is not the one that the key database belongs to`);
      expect(refused.errors).not.toMatch(/\n\s+at /);
    },
    PATIENCE_MS,
  );

  it(
    'can be stopped while it is still starting',
    async () => {
      const started = start();
      await until(() => existsSync(join(folder, 'running.json')));
      const code = await started.stop();
      expect([code, readFileSync(join(folder, 'admin-key'), 'utf8').trim()]).toEqual([0, adminKey]);
      expect(existsSync(join(folder, 'running.json'))).toBe(false);
    },
    PATIENCE_MS,
  );

  it(
    'says which variable is wrong, and stops what it has started',
    async () => {
      const started = start({ FAIRLEAD_LOG_LEVEL: 'loud' });
      expect(await started.ended).toBe(1);
      expect(started.errors).toContain('FAIRLEAD_LOG_LEVEL');
      expect(existsSync(join(folder, 'running.json'))).toBe(false);
    },
    PATIENCE_MS,
  );

  it(
    'says what an upgrade migrates, can be stopped in the middle of it, and goes on from there',
    async () => {
      const last = { file: '1764900200000-absorbed-leads.sql', name: 'absorbed-leads-1764900200000' };
      const before = mkdtempSync(join(folder, '..', 'migrations-'));
      const { readModelMigrations } = await import('@fairlead/outcome-tracking/measured');
      for (const file of readdirSync(readModelMigrations))
        if (file < last.file) copyFileSync(new URL(file, readModelMigrations), join(before, file));
      const database = await ownDatabase();
      const keys = await ownDatabase();
      const settings = { url: database.url, schema: 'outcome_tracking', poolSize: 2, applicationName: 'start-test' };
      await migrate(createDataSource(settings), [pathToFileURL(`${before}/`)]);
      const environment = { DATABASE_URL: database.url, KEYS_DATABASE_URL: keys.url };

      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      await client.query('BEGIN; LOCK TABLE outcome_tracking.leads');
      const stopped = start(environment);
      await stopped.line({ event: 'migration.began', name: last.name });
      expect(await stopped.stop()).toBe(0);
      expect(stopped.lines).toContainEqual(expect.objectContaining({ event: 'migration.failed', name: last.name }));
      const waiting = await client.query(
        `SELECT query FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      );
      expect(waiting.rows).toEqual([]);
      await client.query('COMMIT');
      const recorded = 'SELECT 1 FROM outcome_tracking.migrations WHERE name = $1';
      expect((await client.query(recorded, [last.name])).rows).toEqual([]);

      const next = start(environment);
      await next.ready();
      expect((await client.query(recorded, [last.name])).rows).toHaveLength(1);
      expect(readFileSync(join(folder, 'services.log'), 'utf8')).toContain(
        `"event":"migration.ended","schema":"outcome_tracking","name":"${last.name}"`,
      );
      await next.stop();
      await client.end();
      await Promise.all([database.drop(), keys.drop()]);
    },
    PATIENCE_MS,
  );
});

describe('fairlead start with a PostgreSQL and a Kafka of one’s own', () => {
  it(
    'runs the services in its own process, as a container wants it, and ends with 0 at SIGTERM',
    async () => {
      const folder = join(temporaryFolder(), 'data');
      const name = `start_${process.pid}`;
      const admin = new pg.Client({ connectionString: process.env['TEST_DATABASE_URL'] });
      await admin.connect();
      await admin.query(`CREATE DATABASE ${name}`);
      const url = new URL(process.env['TEST_DATABASE_URL'] as string);
      url.pathname = name;

      const started = new Started(folder, await freePort(), {
        DATABASE_URL: url.href,
        KEYS_DATABASE_URL: url.href,
        KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
        FAIRLEAD_TOPIC_PREFIX: `${name}.`,
      });
      await until(async () => (await started.health()) === 200);
      expect(existsSync(join(folder, 'services.pid.json'))).toBe(false);
      expect(existsSync(join(folder, 'postgres'))).toBe(false);

      expect(await started.stop('SIGTERM')).toBe(0);

      // The master key is gone, and the log's is, of a log that something was signed of.
      rmSync(join(folder, 'master-key'));
      rmSync(join(folder, 'log-key'));
      const database = new pg.Client({ connectionString: url.href });
      await database.connect();
      await database.query(`CREATE SCHEMA audit; CREATE TABLE audit.log_head AS SELECT 'signed' AS note`);
      await database.end();
      const again = new Started(folder, await freePort(), {
        DATABASE_URL: url.href,
        KEYS_DATABASE_URL: url.href,
        KAFKA_BROKERS: process.env['TEST_KAFKA_BROKERS'],
        FAIRLEAD_TOPIC_PREFIX: `${name}.`,
      });
      expect(await again.ended).toBe(78);
      expect(again.errors).toMatch(/master-key cannot be read \(ENOENT\)\. Put it back/);
      expect(['master-key', 'log-key'].filter((key) => existsSync(join(folder, key)))).toEqual([]);

      await admin.query(`DROP DATABASE ${name} WITH (FORCE)`);
      await admin.end();
      rmSync(join(folder, '..'), { recursive: true });
    },
    PATIENCE_MS,
  );
});

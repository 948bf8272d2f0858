// How fast a backlog of webhooks is sent, every attempt recorded, beside a bare sender to the same receiver:
//   node --conditions=@fairlead/source --import ../../tools/swc-hook.mjs test/bench/backlog.ts [deliveries] [endpoints] [hanging]
// Real servers, durable; the receiver is in another process. PROFILE=1 writes a CPU profile of the service.
import { newSecret, parseSecret } from '@fairlead/platform/outgoing';
import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { webhookHeaders } from '../../src/delivery/webhook.js';
import { CONTACT } from '../fixture/events.js';
import { Stretch } from '../fixture/stretch.js';

const [deliveries = 50_000, endpoints = 20, hanging = 0] = process.argv.slice(2).map(Number);
const local = fileURLToPath(new URL('../../../../infra/local/', import.meta.url));
const { startPostgres } = (await import(`${local}postgres.mjs`)) as {
  startPostgres: (o: object) => Promise<{ url: string; stop(): Promise<void> }>;
};
const { startKafka } = (await import(`${local}kafka.mjs`)) as {
  startKafka: (o: object) => Promise<{ brokers: string; stop(): Promise<void> }>;
};

const dir = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
chmodSync(dir, 0o711);
const [postgres, kafka] = await Promise.all([
  startPostgres({ dir: join(dir, 'postgres'), durable: true }),
  startKafka({ dir: join(dir, 'kafka') }),
]);
process.env['TEST_DATABASE_URL'] = postgres.url;
process.env['TEST_KAFKA_BROKERS'] = kafka.brokers;

const receiver = fork(fileURLToPath(new URL('./receiver.mjs', import.meta.url)), { execArgv: [] });
const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
/** Takes connections and never answers. */
const deaf = createServer((socket) => void socket.on('error', () => undefined));
await new Promise<void>((resolve) => deaf.listen(0, '127.0.0.1', resolve));
const silent = (deaf.address() as AddressInfo).port;
const road = await Stretch.open();

try {
  await bare();
  await seed();
  await drain();
} finally {
  receiver.disconnect();
  await road.close();
  await Promise.all([postgres.stop(), kafka.stop()]);
  rmSync(dir, { recursive: true, force: true });
}
process.exit();

async function seed(): Promise<void> {
  const service = await road.start();
  for (let i = 0; i < endpoints; i += 1)
    await road.endpoint(`p-${i}`, 'crm', `http://127.0.0.1:${i < hanging ? silent : port}/hook/${i}`);
  await road.stop(service);
  const facts = JSON.stringify({
    company: 'Größe & Söhne GmbH',
    companyDomain: 'groesse.example',
    country: 'DE',
    region: 'DE-BY',
    city: 'München',
    industry: 'Machinery',
    employees: 1200,
    product: 'cloud',
    emailKind: 'company',
    engagement: { demoRequests: 1, pagesViewed: 14, webinar: 'attended' },
    attributes: { campaign: 'spring', newsletter: true },
  });
  const reasons = JSON.stringify(
    ['country', 'employees', 'industry', 'product', 'demoRequests', 'pagesViewed', 'emailKind'].map((factor) => ({
      factor,
      points: 10,
      reason: `${factor} is what we look for`,
    })),
  );
  const about = JSON.stringify({
    source: '/routing',
    time: new Date().toISOString(),
    data: {
      party: 'p-1',
      offer: 1,
      acceptBy: new Date().toISOString(),
      why: 'first',
      pool: 'smb',
      contactRevealed: 'on-offer',
    },
  });
  for (let from = 0; from < deliveries; from += 2_000) {
    const leads = Array.from({ length: Math.min(2_000, deliveries - from) }, () => randomUUID());
    const sealed = await road.personalData.seal(
      leads.map((leadId) => ({ leadId, eventId: leadId, field: 'contact', value: CONTACT })),
    );
    await road.db.query(
      `INSERT INTO leads (lead_id, contact, contact_event, state, grade, score, facts, contributions, holder, offer, accept_by)
       SELECT id, contact, id, 'graded', 'B', 70, $3, $4, 'p-' || (n + $6) % $5, 1, now() + interval '4 hours'
       FROM unnest($1::uuid[], $2::json[]) WITH ORDINALITY AS l (id, contact, n)`,
      [leads, sealed.map((each) => JSON.stringify(each)), facts, reasons, endpoints, from],
    );
    await road.db.query(
      `WITH d AS (
         INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
         SELECT gen_random_uuid(), 1 + (n + $4) % $2, id, gen_random_uuid(), 'lead.routed', $3, true
         FROM unnest($1::uuid[]) WITH ORDINALITY AS l (id, n) RETURNING sequence, endpoint_key, lead_id
       ) INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at) SELECT sequence, endpoint_key, lead_id, now() FROM d`,
      [leads, endpoints, about, from],
    );
  }
  await road.db.query('VACUUM ANALYZE');
}

async function drain(): Promise<void> {
  const profiled = process.env['PROFILE'] ? '--cpu-prof --cpu-prof-dir=/tmp/pn-profile' : '';
  const before = await counted();
  const started = performance.now();
  const service = await road.start({
    NODE_OPTIONS: `${profiled} ${process.env['SERVICE_NODE_OPTIONS'] ?? ''}`,
    FAIRLEAD_LOG_LEVEL: process.env['SERVICE_LOG_LEVEL'] ?? 'warn',
  });
  const ready = performance.now();
  const idle = cpu(service.pid);
  let first = 0;
  let sent = 0;
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    sent = (await counted()) - before;
    if (first === 0 && sent > 0) first = performance.now();
    const { rows } = await road.db.query<{ left: number }>(
      'SELECT EXISTS (SELECT 1 FROM delivery_queue WHERE endpoint_key > $1)::int AS left',
      [hanging],
    );
    if (rows[0]?.left === 0) break;
    if (performance.now() - started > 300_000) throw new Error(`not drained: ${sent} sent`);
  }
  const recorded = performance.now();
  for (;;) {
    const { rows } = await road.db.query<{ left: number }>('SELECT EXISTS (SELECT 1 FROM outbox)::int AS left');
    if (rows[0]?.left === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const published = performance.now();
  const { rows } = await road.db.query<{ attempts: number; delivered: number }>(
    `SELECT (SELECT count(*)::int FROM attempts) AS attempts, (SELECT count(*)::int FROM attempts WHERE failure IS NULL) AS delivered`,
  );
  const used = cpu(service.pid);
  await road.stop(service);
  print({
    deliveries,
    endpoints,
    sent,
    ...rows[0],
    startMs: Math.round(ready - started),
    sincefirstMs: Math.round(recorded - first),
    perSecond: Math.round(sent / ((recorded - first + 50) / 1000)),
    publishedPerSecond: Math.round(sent / ((published - first + 50) / 1000)),
    cpuMicrosPerDelivery: perDelivery(idle, used),
  });
}

async function counted(): Promise<number> {
  receiver.send('count');
  const [{ count }] = (await once(receiver, 'message')) as [{ count: number }];
  return count;
}

function print(figures: object): void {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

type Cpu = Record<'service' | 'postgres' | 'kafka' | 'receiver' | 'bench', number>;

/** Seconds of CPU that our processes have used so far, by what they are. */
function cpu(service?: number): Cpu {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => statOf(Number(pid)));
  const ours = new Set([process.pid]);
  for (let grown = true; grown;) {
    const before = ours.size;
    for (const { pid, parent } of all) if (ours.has(parent)) ours.add(pid);
    grown = ours.size > before;
  }
  const used: Cpu = { service: 0, postgres: 0, kafka: 0, receiver: 0, bench: 0 };
  for (const { pid, name, seconds } of all) {
    if (!ours.has(pid)) continue;
    const kind =
      pid === service
        ? 'service'
        : pid === receiver.pid
          ? 'receiver'
          : pid === process.pid
            ? 'bench'
            : name === 'postgres'
              ? 'postgres'
              : name === 'java'
                ? 'kafka'
                : 'bench';
    used[kind] += seconds;
  }
  return used;
}

function statOf(pid: number): { pid: number; parent: number; name: string; seconds: number }[] {
  try {
    const [, name = '', rest = ''] = /\((.*)\) (.*)/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const fields = rest.split(' ').map(Number);
    // A server's finished children count with it: PostgreSQL's backends come and go.
    const ticks = [11, 12, ...(name === 'postgres' ? [13, 14] : [])].reduce((sum, i) => sum + (fields[i] ?? 0), 0);
    return [{ pid, parent: fields[1] ?? 0, name, seconds: ticks / 100 }];
  } catch {
    return []; // it has ended meanwhile
  }
}

function perDelivery(before: Cpu, after: Cpu): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([kind, seconds]) => [
      kind,
      Math.round(((seconds - before[kind as keyof Cpu]) / deliveries) * 1e6),
    ]),
  );
}

/** undici and signatures and nothing else: the ceiling. */
async function bare(): Promise<void> {
  const pool = new Pool(`http://127.0.0.1:${port}`, { connections: 64, pipelining: 1 });
  const secrets = [parseSecret(newSecret())];
  const body = Buffer.alloc(1_500, '{');
  let left = deliveries;
  const idle = cpu();
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 64 }, async () => {
      while (left-- > 0) {
        const answer = await pool.request({
          path: '/bare',
          method: 'POST',
          body,
          headers: webhookHeaders(randomUUID(), body, secrets, Date.now()),
        });
        await answer.body.dump();
      }
    }),
  );
  print({
    bareSenderPerSecond: Math.round(deliveries / ((performance.now() - started) / 1000)),
    cpuMicrosPerDelivery: perDelivery(idle, cpu()),
  });
  await pool.close();
}

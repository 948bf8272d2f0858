// What goes out: webhooks that wait, sent and recorded as fast as it goes; how long one takes at a quiet hour, and while three of ten
// endpoints hang; and what each costs. Beside a bare sender to the same receiver, which signs and keeps nothing.
import { fork, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { encodeEvent, LeadRouted, recordHeaders, topicName } from '@fairlead/events';
import { Kafka } from '@fairlead/messaging';
import { createDataSource, inTransaction, type Query, queryOf } from '@fairlead/persistence';
import type { PersonalData } from '@fairlead/personal-data';
import { rawWebhooks } from './limits.js';
import { type Share, whereTheTimeWent } from './profile.js';
import { startStack, type Stack } from './stack.js';
import type { Question, Tally } from './webhook-receiver.js';

/** What is measured: a backlog drained, webhooks at a quiet hour, and beside endpoints that hang. */
export type Part = 'backlog' | 'latency' | 'hanging';

export interface WebhooksOptions {
  /** How many wait when the clock starts. */
  readonly deliveries: number;
  /** How long each of the even loads is kept up. */
  readonly seconds: number;
  /** One of them alone; all three when nothing is said. */
  readonly only?: Part;
  /** Instead of the rest: so many minutes of an even load, with CPU and memory noted on the way. */
  readonly soakMinutes?: number;
  readonly profiled?: boolean;
  readonly onProgress: (text: string) => void;
}

export interface Latency {
  readonly perSecond: number;
  readonly webhooks: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Cost {
  /** Microseconds of CPU for each webhook. */
  readonly service: number;
  /** The same of everything on this machine: service, PostgreSQL, Kafka, receiver and this process. */
  readonly machine: number;
}

export interface WebhooksResult {
  readonly limits: { readonly bareSender: number };
  readonly backlog?: Backlog;
  readonly at50?: Latency;
  readonly hanging?: Hanging;
  readonly soak?: Soak;
  readonly profile: readonly Share[];
}

export interface Backlog {
  readonly deliveries: number;
  readonly endpoints: number;
  readonly perSecond: number;
  readonly attemptsRecorded: number;
  readonly repeated: number;
  readonly cost: Cost;
}

export interface Hanging {
  readonly endpoints: number;
  readonly hang: number;
  readonly without: Latency;
  readonly with: Latency;
}

export interface Soak {
  readonly perSecond: number;
  /** All of them arrived. */
  readonly webhooks: number;
  readonly minutes: readonly { readonly serviceMicros: number; readonly residentMb: number; readonly p99: number }[];
}

/** Endpoints that share the backlog: of some twenty partners, as a vendor has. */
const BUSY_ENDPOINTS = 20;
/** Endpoints of which some hang, and how many do. */
const MANY_ENDPOINTS = 1_000;
const HANGING = 300;
/** To all of them, evenly, while some hang. */
const MANY_PER_SECOND = 300;
const LATENCY_RATE = 50;
const SOAK_RATE = 200;
/** Code is compiled and each endpoint has shown that it answers before anything counts. */
const WARM_UP = 10_000;
const WARM_UP_SECONDS = 5;
const TICK_MS = 5;
const LOOK_EVERY_MS = 20;
/** Far more than anything here takes; whatever takes longer hangs. */
const WITHIN_MS = 300_000;
const SEED_AT_ONCE = 2_000;
const CONTACT = { firstName: 'Bench', lastName: 'Lead', email: 'lead@company.example', phone: '+49 30 901899' };

export async function benchWebhooks(options: WebhooksOptions): Promise<WebhooksResult> {
  const { only, soakMinutes, profiled = false, onProgress } = options;
  onProgress('starting PostgreSQL, Kafka, partner-notification and a receiver on throw-away data');
  const stack = await startStack(onProgress, ['partner-notification'], { profiled });
  const bench = await Bench.open(stack);
  try {
    onProgress('a bare sender to the same receiver');
    const limits = { bareSender: await rawWebhooks(bench.origin, 3) };
    await bench.makeEndpoints('busy', BUSY_ENDPOINTS);
    onProgress(`warming up with ${WARM_UP} webhooks`);
    await bench.drain('busy', BUSY_ENDPOINTS, WARM_UP);
    if (soakMinutes !== undefined) {
      onProgress(`${SOAK_RATE} webhooks/s for ${soakMinutes} min`);
      const soak = await bench.soak(soakMinutes, onProgress);
      return { limits, soak, profile: whereTheTimeWent(await stack.stopServices()) };
    }
    const measures = (part: Part): boolean => only === undefined || only === part;
    const backlog = measures('backlog') ? await measureBacklog(bench, options) : undefined;
    const at50 = measures('latency') ? await measureLatency(bench, options) : undefined;
    const hanging = measures('hanging') ? await measureHanging(bench, options) : undefined;
    onProgress('stopping the service');
    return { limits, backlog, at50, hanging, profile: whereTheTimeWent(await stack.stopServices()) };
  } finally {
    await bench.close();
    await stack.close();
  }
}

function measureBacklog(bench: Bench, { deliveries, onProgress }: WebhooksOptions): Promise<Backlog> {
  onProgress(`a backlog of ${deliveries} webhooks to ${BUSY_ENDPOINTS} endpoints`);
  return bench.drain('busy', BUSY_ENDPOINTS, deliveries);
}

function measureLatency(bench: Bench, { seconds, onProgress }: WebhooksOptions): Promise<Latency> {
  onProgress(`${LATENCY_RATE} webhooks/s for ${seconds} s`);
  return bench.latency('busy', [0, BUSY_ENDPOINTS], LATENCY_RATE, seconds);
}

async function measureHanging(bench: Bench, { seconds, onProgress }: WebhooksOptions): Promise<Hanging> {
  onProgress(`${MANY_PER_SECOND} webhooks/s for ${seconds} s to ${MANY_ENDPOINTS} endpoints`);
  await bench.makeEndpoints('many', MANY_ENDPOINTS);
  const all = [0, MANY_ENDPOINTS] as const;
  await bench.latency('many', all, MANY_PER_SECOND, WARM_UP_SECONDS, HANGING);
  const without = await bench.latency('many', all, MANY_PER_SECOND, seconds, HANGING);
  onProgress(`the same while ${HANGING} of them hang`);
  await bench.ask({ ask: 'hang', at: '/many/', below: HANGING });
  const withThem = await bench.latency('many', all, MANY_PER_SECOND, seconds, HANGING);
  return { endpoints: MANY_ENDPOINTS, hang: HANGING, without, with: withThem };
}

class Bench {
  #next = 0;

  private constructor(
    private readonly stack: Stack,
    private readonly query: Query,
    private readonly dataSource: ReturnType<typeof createDataSource>,
    private readonly personal: { readonly personalData: PersonalData; close(): Promise<void> },
    private readonly producer: ReturnType<Kafka['producer']>,
    private readonly receiver: ChildProcess,
    readonly origin: string,
  ) {}

  static async open(stack: Stack): Promise<Bench> {
    const dataSource = createDataSource({
      ...{ url: stack.databaseUrl, schema: 'partner_notification', poolSize: 2, applicationName: 'fairlead-bench' },
    });
    await dataSource.initialize();
    const { openPersonalData } = await import('@fairlead/personal-data');
    const { databaseUrl, keysDatabaseUrl, masterKeyFile } = stack;
    const script = import.meta.url.endsWith('.ts') ? './webhook-receiver.ts' : './webhook-receiver.js';
    const receiver = fork(fileURLToPath(new URL(script, import.meta.url)), {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const [{ port }] = (await once(receiver, 'message')) as [{ port: number }];
    return new Bench(
      stack,
      queryOf(dataSource),
      dataSource,
      await openPersonalData({ databaseUrl, keysDatabaseUrl, masterKeyFile }),
      new Kafka({ brokers: [...stack.brokers], clientId: 'bench' }).producer(),
      receiver,
      `http://127.0.0.1:${port}`,
    );
  }

  /** One for each party `<kind>-<n>`. */
  async makeEndpoints(kind: string, count: number): Promise<void> {
    let next = 0;
    const make = async (): Promise<void> => {
      for (let n = next++; n < count; n = next++) {
        const url = `${this.origin}/${kind}/${n}`;
        const answer = await fetch(`${this.stack.url}/v1/partners/${kind}-${n}/endpoints/bench`, {
          method: 'PUT',
          headers: { authorization: `Bearer ${this.stack.adminKey}`, 'content-type': 'application/json' },
          body: JSON.stringify({ url, events: ['lead.routed'] }),
        });
        if (!answer.ok) throw new Error(`PUT of an endpoint answered ${answer.status}: ${await answer.text()}`);
      }
    };
    await Promise.all(Array.from({ length: 8 }, make));
  }

  /**
   * So many wait from one moment on, because the transaction that makes them ends then; until the last of them is recorded.
   * @throws when one of them did not arrive, or its attempt is not there
   */
  async drain(kind: string, endpoints: number, count: number): Promise<Backlog> {
    const leads = await this.leads(count, (i) => `${kind}-${i % endpoints}`);
    const before = await this.attempts();
    await this.ask({ ask: 'begin', noting: false });
    await inTransaction(this.dataSource, async (insert) => {
      for (let from = 0; from < count; from += SEED_AT_ONCE)
        await insert(
          `WITH made AS (
             INSERT INTO deliveries (id, endpoint_key, lead_id, event_id, event_type, event, with_contact)
             SELECT gen_random_uuid(), e.key, l.id, gen_random_uuid(), 'lead.routed', $2, true
             FROM unnest($1::uuid[]) WITH ORDINALITY AS l (id, n)
             JOIN endpoints e ON e.party = $3 || '-' || (l.n - 1) % $4 RETURNING sequence, endpoint_key, lead_id
           ) INSERT INTO delivery_queue (sequence, endpoint_key, line, due_at)
             SELECT sequence, endpoint_key, lead_id, now() FROM made`,
          [leads.slice(from, from + SEED_AT_ONCE), OFFER, kind, endpoints],
        );
    });
    const [began, cpuBefore] = [performance.now(), await this.cpu()];
    // The first of them go as soon as somebody looks, within a second, which is part of it.
    const outOfTime = (): boolean => performance.now() - began > WITHIN_MS;
    // The receiver is asked and not the database, where to look would cost each webhook as much as a part of the work that is measured.
    while ((await this.ask<Tally>({ ask: 'tally' })).received < count && !outOfTime()) await sleep(LOOK_EVERY_MS);
    while ((await this.query('SELECT FROM delivery_queue LIMIT 1')).length > 0) {
      if (outOfTime()) throw new Error('the backlog was not drained');
      await sleep(LOOK_EVERY_MS);
    }
    const took = performance.now() - began;
    const cpuAfter = await this.cpu();
    const { received, repeated } = await this.ask<Tally>({ ask: 'tally' });
    const attemptsRecorded = (await this.attempts()) - before;
    if (received - repeated !== count || attemptsRecorded < count)
      throw new Error(`of ${count} webhooks ${received} came, and ${attemptsRecorded} attempts were recorded`);
    return {
      ...{ deliveries: count, endpoints, perSecond: count / (took / 1_000), attemptsRecorded, repeated },
      cost: {
        service: ((cpuAfter.service - cpuBefore.service) / count) * 1e6,
        machine: ((cpuAfter.machine - cpuBefore.machine) / count) * 1e6,
      },
    };
  }

  /**
   * Offers are made evenly, as events on the topic; from there to the partner's server.
   * @param among from the first of these parties to before the last
   * @param uncounted so many of the first parties are not counted, whether or not they answer
   */
  async latency(
    kind: string,
    among: readonly [first: number, end: number],
    perSecond: number,
    seconds: number,
    uncounted = 0,
  ): Promise<Latency> {
    const count = Math.round(perSecond * seconds);
    const partyOf = (i: number): number => among[0] + (i % (among[1] - among[0]));
    const leads = await this.leads(count, (i) => `${kind}-${partyOf(i)}`);
    await this.ask({ ask: 'begin', noting: true });
    const sentAt = new Map<string, number>();
    const sending: Promise<void>[] = [];
    const began = performance.now();
    for (let sent = 0; sent < count;) {
      const due = Math.min(count, Math.floor(((performance.now() - began) / 1_000) * perSecond));
      for (; sent < due; sent++) {
        const lead = leads[sent] as string;
        if (partyOf(sent) >= uncounted) sentAt.set(lead, performance.timeOrigin + performance.now());
        sending.push(this.route(lead, `${kind}-${partyOf(sent)}`));
      }
      await sleep(TICK_MS);
    }
    await Promise.all(sending);
    const until = performance.now() + 30_000;
    let arrivals = new Map<string, number>();
    const missing = (): number => [...sentAt.keys()].filter((lead) => !arrivals.has(lead)).length;
    while (missing() > 0) {
      if (performance.now() > until) throw new Error(`${missing()} webhooks did not arrive`);
      await sleep(100);
      arrivals = new Map((await this.ask<[string, number][]>({ ask: 'arrivals' })).reverse());
    }
    const took = [...sentAt].map(([lead, at]) => (arrivals.get(lead) ?? NaN) - at).sort((a, b) => a - b);
    const quantile = (q: number): number => took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? NaN;
    return { perSecond, webhooks: took.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) };
  }

  /** An even load, minute by minute. */
  async soak(minutes: number, onProgress: (text: string) => void): Promise<Soak> {
    const told: { serviceMicros: number; residentMb: number; p99: number }[] = [];
    let webhooks = 0;
    for (let minute = 0; minute < minutes; minute++) {
      const before = await this.cpu();
      const { p99, webhooks: sent } = await this.latency('busy', [0, BUSY_ENDPOINTS], SOAK_RATE, 60);
      const after = await this.cpu();
      webhooks += sent;
      const serviceMicros = ((after.service - before.service) / sent) * 1e6;
      told.push({ serviceMicros, residentMb: after.residentMb, p99 });
      onProgress(
        `minute ${minute + 1} of ${minutes}: ${serviceMicros.toFixed(0)} µs each, ${after.residentMb.toFixed(0)} MB`,
      );
    }
    return { perSecond: SOAK_RATE, webhooks, minutes: told };
  }

  async close(): Promise<void> {
    this.receiver.disconnect();
    await this.producer.close();
    await this.personal.close();
    await this.dataSource.destroy();
  }

  /** Leads as the service knows them when they are offered, their contact sealed as in an event. */
  private async leads(count: number, partyOf: (index: number) => string): Promise<string[]> {
    const all: string[] = [];
    while (all.length < count) {
      const ids = Array.from({ length: Math.min(SEED_AT_ONCE, count - all.length) }, () => randomUUID() as string);
      const sealed = await this.personal.personalData.seal(
        ids.map((leadId) => ({ leadId, eventId: leadId, field: 'contact', value: CONTACT })),
      );
      await this.query(
        `INSERT INTO leads (lead_id, contact, contact_event, state, grade, score, facts, contributions, holder, offer, accept_by)
         SELECT id, contact, id, 'graded', 'B', 70, $3, $4, holder, 1, now() + interval '4 hours'
         FROM unnest($1::uuid[], $2::json[], $5::text[]) AS l (id, contact, holder)`,
        [ids, sealed.map((each) => JSON.stringify(each)), FACTS, REASONS, ids.map((_, i) => partyOf(all.length + i))],
      );
      all.push(...ids);
    }
    await this.query('ANALYZE leads');
    return all;
  }

  private async route(lead: string, to: string): Promise<void> {
    const now = Date.now();
    const event = encodeEvent(LeadRouted, {
      ...{ id: randomUUID(), source: '/bench', subject: lead, time: now },
      data: {
        ...{ to, grade: 'B', offer: 1, acceptBy: now + 14_400_000, revealContact: 'on-offer', why: 'first' },
        decided: {
          ...{ engine: 'bench', policy: { name: 'bench', version: 1, hash: HASH }, model: HASH, roster: HASH },
          ...{ pool: 'all', poolSeq: (this.#next += 1), now },
        },
        ...{ considered: [], refusedCounts: {} },
      },
    });
    await this.producer.send([
      {
        ...{ topic: topicName('lifecycle'), key: event.key, value: event.bytes },
        headers: recordHeaders(event.type),
      },
    ]);
  }

  private async attempts(): Promise<number> {
    const [row] = await this.query<{ count: number }>('SELECT count(*)::int AS count FROM attempts');
    return row?.count ?? 0;
  }

  /** Seconds that the service, and all of this machine, have been busy for so far; what the service holds in memory. */
  private async cpu(): Promise<{ service: number; machine: number; residentMb: number }> {
    const answer = await fetch(`${this.stack.url}/metrics`, {
      headers: { authorization: `Bearer ${this.stack.adminKey}` },
    });
    const text = await answer.text();
    const read = (name: string): number => Number(new RegExp(`^${name}(?:\\{[^}]*\\})? (\\S+)$`, 'm').exec(text)?.[1]);
    const busy = cpus().reduce((sum, { times }) => sum + times.user + times.sys + times.nice + times.irq, 0);
    return {
      service: read('process_cpu_seconds_total'),
      machine: busy / 1_000,
      residentMb: read('process_resident_memory_bytes') / 1e6,
    };
  }

  async ask<T = unknown>(question: Question): Promise<T> {
    this.receiver.send(question);
    const [answer] = (await once(this.receiver, 'message')) as [T];
    return answer;
  }
}

const HASH = 'b'.repeat(64);
const FACTS = JSON.stringify({
  ...{
    company: 'Größe & Söhne GmbH',
    companyDomain: 'groesse.example',
    country: 'DE',
    region: 'DE-BY',
    city: 'München',
  },
  ...{ industry: 'Machinery', employees: 1_200, product: 'cloud', emailKind: 'company' },
  engagement: { demoRequests: 1, pagesViewed: 14, webinar: 'attended' },
  attributes: { campaign: 'spring', newsletter: true },
});
const REASONS = JSON.stringify(
  ['country', 'employees', 'industry', 'product', 'demoRequests', 'pagesViewed', 'emailKind'].map((factor) => ({
    ...{ factor, points: 10, reason: `${factor} is what we look for` },
  })),
);
/** What the event said to its party. */
const OFFER = JSON.stringify({
  ...{ source: '/routing', time: new Date().toISOString() },
  data: {
    ...{ party: 'busy-1', offer: 1, acceptBy: new Date().toISOString(), why: 'first', pool: 'all' },
    contactRevealed: 'on-offer',
  },
});

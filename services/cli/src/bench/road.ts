// The whole road under load: leads in by HTTP, through every stage, webhooks out to a partner's server.
import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';
import { rawKafka, rawPostgres, rawWebhooks } from './limits.js';
import { whereTheTimeWent, type Share } from './profile.js';
import { serviceNames } from '../services.js';
import { countries, simulatedLead } from './simulated-lead.js';
import { startStack, type Stack } from './stack.js';

export interface RoadOptions {
  /** How long each of the two loads is kept up, in seconds. */
  readonly seconds: number;
  /** Leaves the log out, to see what it costs. */
  readonly withoutLog?: boolean;
  readonly onProgress: (text: string) => void;
}

export interface RoadResult {
  readonly limits: { readonly kafka: number; readonly postgres: number; readonly webhooks: number };
  readonly sustained: {
    readonly leadsPerSecond: number;
    readonly leads: number;
    readonly seconds: number;
    /** SQL statements for each lead, over the whole road. */
    readonly statementsPerLead: number | null;
  };
  readonly at50: { readonly p50: number; readonly p99: number; readonly max: number; readonly leads: number };
  readonly lost: number;
  readonly repeated: number;
  readonly profile: readonly Share[];
}

/** How many leads may be on the road at once: the load follows what the far end takes, so the figure can be sustained. */
const MAX_ON_THE_ROAD = 2_000;
const LEADS_PER_REQUEST = 50;
/** Requests under way at once, as from a few busy sources. */
const SENDERS = 4;
/** Code is compiled and caches are filled before anything counts. */
const WARM_UP_SECONDS = 5;
const LATENCY_RATE = 50;
/** The last leads of a load are still on their way when it ends. */
const DRAIN_MS = 60_000;

export async function benchRoad({ seconds, onProgress, withoutLog = false }: RoadOptions): Promise<RoadResult> {
  onProgress('starting PostgreSQL, Kafka, the services and a receiver on throw-away data');
  const services = withoutLog ? serviceNames.filter((name) => name !== 'audit') : serviceNames;
  const stack = await startStack(onProgress, services);
  try {
    const limits = {
      kafka: await measured('kafkajs alone', () => rawKafka(stack.brokers, 3)),
      postgres: await measured('PostgreSQL alone', () => rawPostgres(stack.databaseUrl, 3)),
      webhooks: await measured('undici alone', () => rawWebhooks(stack.receiver.origin, 3)),
    };
    await prepare(stack);
    const sender = new Sender(stack);
    onProgress(`warming up for ${WARM_UP_SECONDS} s`);
    await sender.keepUp(WARM_UP_SECONDS);
    await sender.drained();
    const sustained = await measured(`as many leads as it takes, for ${seconds} s`, () =>
      sustain(sender, stack, seconds),
    );
    const at50 = await measured(`${LATENCY_RATE} leads/s for ${seconds} s`, () => latency(sender, stack, seconds));
    const { leads, repeated } = await stack.receiver.ask<{ leads: number; repeated: number }>('count');
    onProgress('stopping the services and reading their profile');
    await sender.close();
    const profile = whereTheTimeWent(await stack.stopServices());
    return { limits, sustained, at50, lost: sender.accepted - leads, repeated, profile };
  } finally {
    await stack.close();
  }

  async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
    onProgress(what);
    return work();
  }
}

/** Ten partners in three tiers and direct, each with a webhook; one pool, half to each side. */
async function prepare({ url, adminKey, receiver }: Stack): Promise<void> {
  const put = async (path: string, body: object, method = 'PUT'): Promise<void> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  };
  const tiers = ['gold', 'silver', 'registered'];
  const parties = ['direct', ...Array.from({ length: 10 }, (_, i) => `partner-${i}`)];
  for (const [i, party] of parties.entries()) {
    if (party !== 'direct') {
      const tier = tiers[i % 3];
      await put(`/v1/partners/${party}`, { name: party, tier, status: 'active', territories: countries });
    }
    await put(`/v1/partners/${party}/endpoints/bench`, { url: `${receiver.origin}/${party}`, events: ['lead.routed'] });
  }
  await put('/v1/policies/bench', {
    name: 'bench',
    pools: [
      {
        id: 'all',
        match: {},
        promise: { direct: 50, channel: 50 },
        tiers: { gold: 3, silver: 2, registered: 1 },
        offer: { acceptWithin: '4h', maxOffers: 3, then: 'direct', revealContact: 'on-offer' },
      },
    ],
  });
  await put('/v1/policies/bench/activate', {}, 'POST');
  await put('/v1/sources/bench', { format: 'json' });
}

class Sender {
  /** Leads that were answered with `received`. */
  accepted = 0;
  readonly sentAt = new Map<string, number>();
  readonly #pool: Pool;
  #number = 0;

  constructor(private readonly stack: Stack) {
    this.#pool = new Pool(stack.url, { connections: 32 });
  }

  async send(count: number): Promise<void> {
    const leads = Array.from({ length: count }, () => simulatedLead((this.#number += 1)));
    const began = performance.timeOrigin + performance.now();
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: '/v1/leads',
      headers: { authorization: `Bearer ${this.stack.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(count === 1 ? leads[0] : leads),
    });
    const answer = (await body.json()) as { results?: { id: string; status: string }[] };
    if (statusCode !== 202)
      throw new Error(`POST /v1/leads answered ${statusCode}: ${JSON.stringify(answer).slice(0, 300)}`);
    for (const { id, status } of answer.results ?? []) {
      if (status !== 'received') throw new Error(`a lead of the bench was ${status}`);
      this.accepted += 1;
      this.sentAt.set(id, began);
    }
  }

  /** Sends as fast as the far end receives, for so many seconds; answers how many arrived in that time, and the time. */
  async keepUp(seconds: number): Promise<{ arrived: number; seconds: number }> {
    const began = performance.now();
    const before = await this.#arrived();
    let arrived = before;
    let over = false;
    const watching = (async () => {
      while (!over) {
        arrived = await this.#arrived();
        over = performance.now() - began >= seconds * 1_000;
        await sleep(20);
      }
    })();
    await Promise.all(
      Array.from({ length: SENDERS }, async () => {
        while (!over) {
          if (this.accepted - arrived < MAX_ON_THE_ROAD) await this.send(LEADS_PER_REQUEST);
          else await sleep(5);
        }
      }),
    );
    await watching;
    return { arrived: arrived - before, seconds: (performance.now() - began) / 1_000 };
  }

  async drained(): Promise<void> {
    const until = Date.now() + DRAIN_MS;
    while ((await this.#arrived()) < this.accepted && Date.now() < until) await sleep(50);
  }

  async close(): Promise<void> {
    await this.#pool.close();
  }

  async #arrived(): Promise<number> {
    return (await this.stack.receiver.ask<{ leads: number }>('count')).leads;
  }
}

async function sustain(sender: Sender, stack: Stack, seconds: number): Promise<RoadResult['sustained']> {
  const before = await statements(stack);
  const acceptedBefore = sender.accepted;
  const { arrived, seconds: took } = await sender.keepUp(seconds);
  await sender.drained();
  const after = await statements(stack);
  const leads = sender.accepted - acceptedBefore;
  return {
    leadsPerSecond: arrived / took,
    leads: arrived,
    seconds: took,
    statementsPerLead: before === null || after === null ? null : (after - before) / leads,
  };
}

/** Statements that all services have run so far, as their own metric counts them. */
async function statements({ url, adminKey }: Stack): Promise<number | null> {
  const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
  const found = [...(await answer.text()).matchAll(/^fairlead_sql_statements_total(?:\{[^}]*\})? (\S+)$/gm)];
  return found.length === 0 ? null : found.reduce((sum, [, count]) => sum + Number(count), 0);
}

async function latency(sender: Sender, stack: Stack, seconds: number): Promise<RoadResult['at50']> {
  const known = new Set(sender.sentAt.keys());
  const sending: Promise<void>[] = [];
  const began = performance.now();
  for (let i = 0; i < seconds * LATENCY_RATE; i += 1) {
    await sleep(Math.max(0, began + (i * 1_000) / LATENCY_RATE - performance.now()));
    sending.push(sender.send(1));
  }
  await Promise.all(sending);
  await sender.drained();
  const { arrivals } = await stack.receiver.ask<{ arrivals: [string, number][] }>('arrivals');
  const took = arrivals
    .filter(([id]) => !known.has(id))
    .map(([id, at]) => at - (sender.sentAt.get(id) ?? at))
    .sort((a, b) => a - b);
  const quantile = (q: number): number => took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? NaN;
  return { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1), leads: took.length };
}

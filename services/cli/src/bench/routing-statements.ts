// What routing asks of PostgreSQL for each lead, as its own metric counts it, on throw-away servers: `lead.scored` in,
// decisions out. Nothing is subtracted: the relay, offsets, and timers that tick meanwhile are in it.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeEvent, type EncodedEvent, LeadScored, recordHeaders, topicName } from '@fairlead/events';
import kafkajs, { type Producer } from 'kafkajs';
import { startStack, type Stack } from './stack.js';

export interface StatementsOptions {
  /** Of 100 leads each, one after the other. */
  readonly batches: number;
  readonly onProgress: (text: string) => void;
}

export interface Statements {
  readonly name: string;
  readonly leads: number;
  readonly statements: number;
  /** Transactions in which routing decided them. */
  readonly batches: number;
  readonly perLead: number;
}

export interface StatementsResult {
  readonly batchesOf100: Statements & { readonly toReach: number };
  readonly odoo: readonly (Statements & { readonly odooAllows: number })[];
}

const BATCH = 100;
const PER_LEAD = 0.1;
/** Odoo's own test of the queries of its lead assignment: what it allows for so many leads, over two teams or three. */
const odooCases = [
  { name: '100 leads', leads: 100, countries: ['BE', 'FR'], odooAllows: 508 },
  { name: '200 leads, with duplicates', leads: 200, countries: ['BE', 'FR'], odooAllows: 903 },
  { name: '650 leads, 3 teams', leads: 650, countries: ['BE', 'FR', 'NL'], odooAllows: 4_849 },
] as const;

/** A batch takes some 30 ms; whatever takes longer than this hangs. */
const WITHIN_MS = 60_000;
/** Whatever comes once in a while came at least once in this: the relay's look at the outbox, offsets, timers. */
const AFTERWARDS_MS = 1_000;

export async function benchStatements({ batches, onProgress }: StatementsOptions): Promise<StatementsResult> {
  onProgress('starting PostgreSQL, Kafka and routing on throw-away data');
  const stack = await startStack(onProgress, ['routing']);
  const producer = new kafkajs.Kafka({
    brokers: [...stack.brokers],
    clientId: 'bench',
    logLevel: kafkajs.logLevel.NOTHING,
  }).producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  try {
    await producer.connect();
    await prepare(stack);
    const routing = new Routing(stack, producer);
    onProgress('warming up');
    await routing.quiet();
    await routing.decide({ name: '', leads: 2 * BATCH, countries: ['BE'] });

    onProgress(`${batches} batches of ${BATCH}`);
    const batchesOf100 = await routing.decide({
      name: `${batches} ${batches === 1 ? 'batch' : 'batches'} of ${BATCH}`,
      leads: batches * BATCH,
      countries: ['BE', 'FR', 'NL'],
      oneByOne: true,
    });
    const odoo = [];
    for (const { odooAllows, ...each } of odooCases) {
      onProgress(each.name);
      odoo.push({ ...(await routing.decide(each)), odooAllows });
    }
    return { batchesOf100: { ...batchesOf100, toReach: PER_LEAD }, odoo };
  } finally {
    await producer.disconnect();
    await stack.close();
  }
}

interface Load {
  readonly name: string;
  readonly leads: number;
  readonly countries: readonly string[];
  /** Each hundred when the one before it is decided. */
  readonly oneByOne?: true;
}

class Routing {
  constructor(
    private readonly stack: Stack,
    private readonly producer: Producer,
  ) {}

  /** Until what it had to say of partners and policies is said. */
  async quiet(): Promise<void> {
    for (let said = -1; ; await sleep(AFTERWARDS_MS)) {
      const before = said;
      ({ said } = await this.#counters());
      if (said === before) return;
    }
  }

  async decide({ name, leads, countries, oneByOne }: Load): Promise<Statements> {
    const before = await this.#counters();
    for (let sent = 0; sent < leads; sent += BATCH) {
      const events = Array.from({ length: Math.min(BATCH, leads - sent) }, (_, index) =>
        scored(countries[(sent + index) % countries.length] ?? ''),
      );
      await this.producer.send({
        topic: topicName('lifecycle', 'fairlead.'),
        acks: -1,
        messages: events.map(({ key, type, bytes }) => ({ key, value: bytes, headers: recordHeaders(type) })),
      });
      if (oneByOne) await this.#untilSaid(before.said + sent + events.length);
    }
    await this.#untilSaid(before.said + leads);
    await sleep(AFTERWARDS_MS);
    const after = await this.#counters();
    const statements = after.statements - before.statements;
    return { name, leads, statements, batches: after.batches - before.batches, perLead: statements / leads };
  }

  /** Until so many decisions are published. */
  async #untilSaid(count: number): Promise<void> {
    const until = Date.now() + WITHIN_MS;
    for (;;) {
      const { said } = await this.#counters();
      if (said === count) return;
      if (said > count || Date.now() > until) throw new Error(`routing has said ${said} events, not ${count}`);
      await sleep(10);
    }
  }

  async #counters(): Promise<{ statements: number; batches: number; said: number }> {
    const { url, adminKey } = this.stack;
    const answer = await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${adminKey}` } });
    const text = await answer.text();
    const read = (metric: string, label: string): number =>
      Number(new RegExp(`^${metric}\\{${label}="routing"\\} (\\S+)$`, 'm').exec(text)?.[1] ?? 0);
    return {
      statements: read('fairlead_sql_statements_total', 'schema'),
      batches: read('fairlead_batch_events_count', 'service'),
      said: read('fairlead_outbox_published_total', 'service'),
    };
  }
}

/** Odoo's test has five members in two teams; a third team has two more. Direct is ours. */
async function prepare({ url, adminKey }: Stack): Promise<void> {
  const send = async (method: string, path: string, body: object): Promise<void> => {
    const answer = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${await answer.text()}`);
  };
  for (const [index, country] of ['BE', 'BE', 'BE', 'FR', 'FR', 'NL', 'NL'].entries()) {
    await send('PUT', `/v1/partners/member-${index}`, {
      name: `Member ${index}`,
      tier: 'gold',
      territories: [country],
    });
  }
  const promise = { direct: 40, channel: 60 };
  await send('PUT', '/v1/policies/bench', {
    name: 'bench',
    pools: [
      { id: 'belgium', match: { countries: ['BE'] }, promise },
      { id: 'france', match: { countries: ['FR'] }, promise },
      { id: 'rest', match: {}, promise },
    ],
  });
  await send('POST', '/v1/policies/bench/activate', {});
}

function scored(country: string): EncodedEvent {
  const now = Date.now();
  return encodeEvent(LeadScored, {
    id: randomUUID(),
    source: '/bench',
    subject: randomUUID(),
    time: now,
    data: {
      state: 'graded',
      grade: 'ABCD'.charAt(now % 4) as 'A' | 'B' | 'C' | 'D',
      score: 60,
      fit: 40,
      engagement: 20,
      contributions: [{ factor: 'industry', points: 40, reason: 'manufacturing' }],
      missing: [],
      model: { name: 'bench', version: 1, hash: 'a'.repeat(64) },
      engine: 'bench',
      now,
      sourceId: 'bench',
      facts: { country, industry: 'manufacturing', employees: 120, engagement: { pageViews: 3 }, attributes: {} },
      reachable: { email: true, phone: false },
      consentGiven: true,
      consent: 'given',
      receivedAt: now,
      cause: 'received',
    },
  });
}

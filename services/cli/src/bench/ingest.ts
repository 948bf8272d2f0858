// What comes in: leads one by one and as NDJSON, each durable before it is answered, beside what does a part of it.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { rawCopy } from './limits.js';
import { type Share, whereTheTimeWent } from './profile.js';
import { simulatedLead } from './simulated-lead.js';
import { startStack } from './stack.js';

export interface IngestResult {
  readonly single: {
    readonly perSecond: number;
    /** While half as many come in, evenly. */
    readonly halfLoad: { readonly perSecond: number; readonly p50: number; readonly p99: number };
  };
  /** Answered when each lead is taken in. */
  readonly ndjson: { readonly perSecond: number };
  /** With `Prefer: respond-async`. */
  readonly accepted: {
    readonly leads: number;
    /** Leads a second that were stored as they were sent, and answered. */
    readonly perSecond: number;
    /** From the first request until the last lead was taken in. */
    readonly takenInPerSecond: number;
  };
  readonly limits: {
    /** Requests a second that a bare Fastify checks and answers, and keeps nowhere. */
    readonly fastify: number;
    /** Durable rows a second. */
    readonly copy: number;
  };
  readonly profile: readonly Share[];
}

/** Requests under way at once, each on a connection of its own, as from many sources. */
const CONNECTIONS = 64;
/** A list as a tool exports it, and as many of them at once as busy sources send. */
const NDJSON_ROWS = 5_000;
const NDJSON_SENDERS = 3;
/** What may wait is bounded (200,000 rows), so this is how much a burst may be. */
const ACCEPTED_LEADS = 100_000;
const LOOK_EVERY_MS = 100;
const WARM_UP_SECONDS = 4;
/** Evenly: so many at a time, which is less than one each millisecond would need timers for. */
const TICK_MS = 5;

export async function benchIngest({
  seconds,
  onProgress,
}: {
  seconds: number;
  onProgress: (text: string) => void;
}): Promise<IngestResult> {
  onProgress('starting PostgreSQL, Kafka and ingestion on throw-away data');
  const stack = await startStack(onProgress, ['ingestion']);
  const door = new Door(stack.url, { authorization: `Bearer ${stack.adminKey}` });
  try {
    const copy = await measured('COPY alone', () => rawCopy(stack.databaseUrl, 3));
    const fastify = await measured('a bare Fastify', () => bareFastify(seconds));
    await door.put('/v1/sources/bench', { format: 'json' });
    onProgress(`warming up for ${WARM_UP_SECONDS} s`);
    await door.flood(WARM_UP_SECONDS);
    const single = await measured(`one lead a request, as many as it takes, for ${seconds} s`, () =>
      door.flood(seconds),
    );
    const half = single / 2;
    const halfLoad = await measured(`${Math.round(half)} a second for ${seconds} s`, () => door.pace(half, seconds));
    const ndjson = await measured(`NDJSON, ${NDJSON_ROWS} leads a request, for ${seconds} s`, () => door.pour(seconds));
    const accepted = await measured('the same, without waiting until each is taken in', () => door.pourAndGo(seconds));
    await door.close();
    onProgress('stopping ingestion and reading its profile');
    const profile = whereTheTimeWent(await stack.stopServices());
    return {
      single: { perSecond: single, halfLoad: { perSecond: half, ...halfLoad } },
      ndjson: { perSecond: ndjson },
      accepted,
      limits: { fastify, copy },
      profile,
    };
  } finally {
    await stack.close();
  }

  async function measured<T>(what: string, work: () => Promise<T>): Promise<T> {
    onProgress(what);
    return work();
  }
}

async function bareFastify(seconds: number): Promise<number> {
  const script = import.meta.url.endsWith('.ts') ? './bare-intake.ts' : './bare-intake.js';
  const child = fork(fileURLToPath(new URL(script, import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    const [{ port }] = (await once(child, 'message')) as [{ port: number }];
    const door = new Door(`http://127.0.0.1:${port}`);
    await door.flood(1);
    const found = await door.flood(seconds);
    await door.close();
    return found;
  } finally {
    child.disconnect();
  }
}

/** Where leads go in. */
class Door {
  private readonly pool: Pool;
  private number = 0;

  constructor(
    url: string,
    private readonly headers: Readonly<Record<string, string>> = {},
  ) {
    this.pool = new Pool(url, { connections: CONNECTIONS });
  }

  async put(path: string, document: object): Promise<void> {
    await this.request('PUT', path, 'application/json', JSON.stringify(document));
  }

  /** One lead a request, as many as are answered. @returns how many a second */
  async flood(seconds: number): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    let answered = 0;
    const send = async (): Promise<void> => {
      while (performance.now() < until) {
        await this.one();
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    return answered / ((performance.now() - began) / 1_000);
  }

  /** One lead a request, so many a second, whatever becomes of those before. @returns milliseconds until they were answered */
  async pace(perSecond: number, seconds: number): Promise<{ p50: number; p99: number }> {
    const took: number[] = [];
    const sending: Promise<void>[] = [];
    const began = performance.now();
    for (let sent = 0; sent < perSecond * seconds;) {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
      for (; sent < due; sent++) {
        const at = performance.now();
        sending.push(this.one().then(() => void took.push(performance.now() - at)));
      }
      await sleep(TICK_MS);
    }
    await Promise.all(sending);
    took.sort((a, b) => a - b);
    const quantile = (q: number): number => took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? NaN;
    return { p50: quantile(0.5), p99: quantile(0.99) };
  }

  /** Many leads a request. @returns how many leads a second */
  async pour(seconds: number): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    let leads = 0;
    const send = async (): Promise<void> => {
      while (performance.now() < until) {
        const lines = Array.from({ length: NDJSON_ROWS }, () => this.nextLead());
        await this.request('POST', '/v1/leads', 'application/x-ndjson', lines.join('\n'));
        leads += NDJSON_ROWS;
      }
    };
    await Promise.all(Array.from({ length: NDJSON_SENDERS }, send));
    return leads / ((performance.now() - began) / 1_000);
  }

  /** Many leads a request, which are accepted and taken in later; until all of them are. */
  async pourAndGo(seconds: number): Promise<IngestResult['accepted']> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    const submissions: string[] = [];
    let leads = 0;
    const send = async (): Promise<void> => {
      while (performance.now() < until && leads < ACCEPTED_LEADS) {
        leads += NDJSON_ROWS;
        const lines = Array.from({ length: NDJSON_ROWS }, () => this.nextLead());
        const answer = await this.request('POST', '/v1/leads', 'application/x-ndjson', lines.join('\n'), {
          prefer: 'respond-async',
        });
        submissions.push((JSON.parse(answer) as { submission: { id: string } }).submission.id);
      }
    };
    await Promise.all(Array.from({ length: NDJSON_SENDERS }, send));
    const accepted = performance.now();
    for (const id of submissions.reverse()) await this.untilTakenIn(id);
    const takenIn = performance.now();
    return {
      leads,
      perSecond: leads / ((accepted - began) / 1_000),
      takenInPerSecond: leads / ((takenIn - began) / 1_000),
    };
  }

  /** @throws when any of its leads is something else than received */
  private async untilTakenIn(id: string): Promise<void> {
    for (;;) {
      const answer = await this.request('GET', `/v1/submissions/${id}?limit=1`);
      const { state, counts } = JSON.parse(answer) as { state: string; counts: { received?: number } };
      if (state === 'done' && counts.received !== NDJSON_ROWS)
        throw new Error(`leads of the bench were not received: ${JSON.stringify(counts)}`);
      if (state === 'done') return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  private async one(): Promise<void> {
    await this.request('POST', '/v1/leads', 'application/json', this.nextLead());
  }

  private nextLead(): string {
    return JSON.stringify(simulatedLead((this.number += 1)));
  }

  private async request(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    type?: string,
    content?: string,
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const headers = { ...this.headers, ...more, ...(type !== undefined && { 'content-type': type }) };
    const { statusCode, body } = await this.pool.request({ method, path, headers, ...(content && { body: content }) });
    const answer = await body.text();
    if (statusCode >= 300) throw new Error(`${method} ${path} answered ${statusCode}: ${answer.slice(0, 300)}`);
    if (method === 'POST' && /"status":"(?!received)/.test(answer))
      throw new Error(`a lead of the bench was not received: ${answer.slice(0, 300)}`);
    return answer;
  }
}

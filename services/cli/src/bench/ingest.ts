// What comes in: leads one by one and as NDJSON, each durable before it is answered, and taken in before it or afterwards, beside what
// does a part of it.
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
  /** One lead a request. */
  readonly single: {
    /** Answered when the lead is taken in. */
    readonly takenIn: { readonly perSecond: number; readonly halfLoad: HalfLoad };
    /** With `Prefer: respond-async`. */
    readonly accepted: Burst & { readonly halfLoad: HalfLoad };
  };
  /** Many leads a request. */
  readonly ndjson: {
    readonly takenIn: { readonly perSecond: number };
    readonly accepted: Burst;
  };
  readonly limits: {
    /** Requests a second that a bare Fastify checks and answers, and keeps nowhere. */
    readonly fastify: number;
    /** Durable rows a second. */
    readonly copy: number;
  };
  readonly profile: readonly Share[];
}

/** While half as many come in as it takes, evenly: milliseconds until they were answered. */
export interface HalfLoad {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
}

/** What was stored as it was sent and answered, and taken in afterwards. */
export interface Burst {
  readonly leads: number;
  /** Leads a second that were stored and answered. */
  readonly perSecond: number;
  /** From the first request until the last lead was taken in. */
  readonly takenInPerSecond: number;
}

/** Requests under way at once, each on a connection of its own, as from many sources. */
const CONNECTIONS = 64;
/** A list as a tool exports it, and as many of them at once as busy sources send. */
const NDJSON_ROWS = 5_000;
const NDJSON_SENDERS = 3;
/** What may wait is bounded (200,000 rows), so this is how much a burst may be. */
const BURST_LEADS = 100_000;
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
    const perSecond = await measured(`one lead a request, as many as it takes, for ${seconds} s`, () =>
      door.flood(seconds),
    );
    const halfLoad = await measuredAtHalf(perSecond);
    await door.flood(WARM_UP_SECONDS, RESPOND_ASYNC);
    await door.untilTakenIn();
    const accepted = await measured('one lead a request, without waiting until it is taken in', () =>
      door.burst(() => door.flood(seconds, RESPOND_ASYNC)),
    );
    const acceptedHalfLoad = await measuredAtHalf(accepted.perSecond, RESPOND_ASYNC);
    await door.untilTakenIn();
    const lines = await measured(`NDJSON, ${NDJSON_ROWS} leads a request, for ${seconds} s`, () => door.pour(seconds));
    const acceptedLines = await measured('the same, without waiting until each is taken in', () =>
      door.burst(() => door.pour(seconds, RESPOND_ASYNC)),
    );
    await door.close();
    onProgress('stopping ingestion and reading its profile');
    const profile = whereTheTimeWent(await stack.stopServices());
    return {
      single: { takenIn: { perSecond, halfLoad }, accepted: { ...accepted, halfLoad: acceptedHalfLoad } },
      ndjson: { takenIn: { perSecond: lines }, accepted: acceptedLines },
      limits: { fastify, copy },
      profile,
    };
  } finally {
    await stack.close();
  }

  async function measuredAtHalf(perSecond: number, headers: Headers = {}): Promise<HalfLoad> {
    const half = perSecond / 2;
    const took = await measured(`${Math.round(half)} a second for ${seconds} s`, () =>
      door.pace(half, seconds, headers),
    );
    return { perSecond: half, ...took };
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

type Headers = Readonly<Record<string, string>>;
const RESPOND_ASYNC: Headers = { prefer: 'respond-async' };

/** Where leads go in. */
class Door {
  private readonly pool: Pool;
  private number = 0;

  constructor(
    url: string,
    private readonly headers: Headers = {},
  ) {
    this.pool = new Pool(url, { connections: CONNECTIONS });
  }

  async put(path: string, document: object): Promise<void> {
    await this.request('PUT', path, 'application/json', JSON.stringify(document));
  }

  /** One lead a request, as many as are answered. @returns how many a second */
  async flood(seconds: number, headers: Headers = {}): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    let [sent, answered] = [0, 0];
    const send = async (): Promise<void> => {
      while (performance.now() < until && sent < BURST_LEADS) {
        sent += 1;
        await this.one(headers);
        answered += 1;
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, send));
    return answered / ((performance.now() - began) / 1_000);
  }

  /** One lead a request, so many a second, whatever becomes of those before. @returns milliseconds until they were answered */
  async pace(perSecond: number, seconds: number, headers: Headers): Promise<Omit<HalfLoad, 'perSecond'>> {
    const took: number[] = [];
    const sending: Promise<void>[] = [];
    const began = performance.now();
    for (let sent = 0; sent < perSecond * seconds;) {
      const due = Math.floor(((performance.now() - began) / 1_000) * perSecond);
      for (; sent < due; sent++) {
        const at = performance.now();
        sending.push(this.one(headers).then(() => void took.push(performance.now() - at)));
      }
      await sleep(TICK_MS);
    }
    await Promise.all(sending);
    took.sort((a, b) => a - b);
    const quantile = (q: number): number => took[Math.min(took.length - 1, Math.floor(q * took.length))] ?? NaN;
    return { p50: quantile(0.5), p99: quantile(0.99) };
  }

  /** Many leads a request. @returns how many leads a second */
  async pour(seconds: number, headers: Headers = {}): Promise<number> {
    const began = performance.now();
    const until = began + seconds * 1_000;
    let leads = 0;
    const send = async (): Promise<void> => {
      while (performance.now() < until && leads < BURST_LEADS) {
        leads += NDJSON_ROWS;
        const lines = Array.from({ length: NDJSON_ROWS }, () => this.nextLead());
        await this.request('POST', '/v1/leads', 'application/x-ndjson', lines.join('\n'), headers);
      }
    };
    await Promise.all(Array.from({ length: NDJSON_SENDERS }, send));
    return leads / ((performance.now() - began) / 1_000);
  }

  /** Leads that are accepted and taken in later, until all of them are. @param send  answers how many a second were accepted */
  async burst(send: () => Promise<number>): Promise<Burst> {
    const before = this.number;
    const began = performance.now();
    const perSecond = await send();
    await this.untilTakenIn();
    const leads = this.number - before;
    return { leads, perSecond, takenInPerSecond: leads / ((performance.now() - began) / 1_000) };
  }

  /** @throws when any of all leads that were ever sent became something else than received */
  async untilTakenIn(): Promise<void> {
    for (;;) {
      const figures = await this.request('GET', '/metrics');
      const became = [...figures.matchAll(/^fairlead_intake_leads_total\{[^}]*status="(\w+)"[^}]*\} (\d+)$/gm)];
      const count = (isReceived: boolean): number =>
        became.reduce(
          (sum, [, status, leads]) => sum + ((status === 'received') === isReceived ? Number(leads) : 0),
          0,
        );
      if (count(false) > 0 || count(true) > this.number)
        throw new Error(`of ${this.number} leads of the bench ${count(true)} were received, and ${count(false)} not`);
      if (count(true) === this.number) return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  async close(): Promise<void> {
    await this.pool.close();
  }

  /**
   * Through the lower half of the client, without a stream for each answer: that would be a third of the sender's work, and the sender
   * takes its share of the machine that is measured.
   */
  private async one(more: Headers): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const request = { method: 'POST', path: '/v1/leads', body: this.nextLead() } as const;
    const headers = { ...this.headers, ...more, 'content-type': 'application/json' };
    let [status, answer] = [0, ''];
    this.pool.dispatch(
      { ...request, headers },
      {
        onRequestStart: () => undefined,
        onResponseStart: (_, code) => (status = code),
        onResponseData: (_, chunk) => (answer += chunk.toString()),
        onResponseEnd: () => {
          try {
            this.checked(request, status, answer);
            resolve();
          } catch (error) {
            reject(error);
          }
        },
        onResponseError: (_, error) => reject(error),
      },
    );
    return promise;
  }

  private nextLead(): string {
    return JSON.stringify(simulatedLead((this.number += 1)));
  }

  private async request(
    method: 'GET' | 'PUT' | 'POST',
    path: string,
    type?: string,
    content?: string,
    more: Headers = {},
  ): Promise<string> {
    const headers = { ...this.headers, ...more, ...(type !== undefined && { 'content-type': type }) };
    const { statusCode, body } = await this.pool.request({ method, path, headers, ...(content && { body: content }) });
    return this.checked({ method, path }, statusCode, await body.text());
  }

  /** @throws when it was refused, or a lead became something else than received */
  private checked({ method, path }: { method: string; path: string }, status: number, answer: string): string {
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${answer.slice(0, 300)}`);
    if (method === 'POST' && /"status":"(?!received)/.test(answer))
      throw new Error(`a lead of the bench was not received: ${answer.slice(0, 300)}`);
    return answer;
  }
}

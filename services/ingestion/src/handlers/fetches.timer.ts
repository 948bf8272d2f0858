import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { parseJson } from '@fairlead/platform';
import { type Exchange, GuardedHttp } from '@fairlead/platform/outgoing';
import { setTimeout as sleep } from 'node:timers/promises';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { fetchesTotal } from '../metrics.js';
import { nextAttemptMs, pauseMs } from '../sources/attempt-schedule.js';
import { formatOf } from '../sources/formats.js';
import type { Arrival, Fetching } from '../sources/source-format.js';
import { TakeArrivals } from '../sources/take-arrivals.js';
import { type Fetch, FetchesStore } from '../store/fetches.store.js';
import { type Source, SourcesStore } from '../store/sources.store.js';
import { SideBySide } from './side-by-side.js';

/** A lead that was only named a second ago is early enough. */
const LOOK_EVERY_MS = 1_000;
/** Four requests a second, by all processes together: below what any of these tools allows. */
const PACE_MS = 250;
/** Each waits for its own tool; more are left for the next look, or another process. */
const MAX_SOURCES = 10;
/** Three hundred contacts with all their fields are some 3 MB. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

interface Asking {
  readonly source: Source;
  readonly fetching: Fetching;
  readonly access: { readonly baseUrl: string; readonly token: string };
}

/** What webhooks only named is asked for → lead.received | lead.merged | lead.held | lead.rejected */
@Injectable()
export class FetchesTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('fetches');
  readonly #works = new SideBySide(MAX_SOURCES, (error) => this.#note(error));
  #stopping = false;
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: () => this.#look(),
    onFailure: (error) => this.#note(error),
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly fetches: FetchesStore,
    private readonly sources: SourcesStore,
    private readonly arrivals: TakeArrivals,
    private readonly http: GuardedHttp,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#clock.stop();
    // What is under way is broken off: its lease ends, and it is asked for again.
    await this.http.close();
    await this.#works.ended();
  }

  /** One tool that takes its time holds up no other. */
  async #look(): Promise<void> {
    for (const id of await this.fetches.sourcesDue(this.units.query)) {
      if (this.#stopping || this.#works.isFull) return;
      this.#works.begin(id, () => this.#work(id));
    }
  }

  async #work(id: string): Promise<void> {
    while (!this.#stopping && (await this.#takeTurn(id))) await sleep(PACE_MS);
  }

  /** @returns whether there may be more */
  async #takeTurn(id: string): Promise<boolean> {
    const source = await this.sources.read(id);
    const access = source && (await this.sources.fetchingOf(id));
    if (!source || !access || !(await this.fetches.takeTurn(this.units.query, id, PACE_MS))) return false;
    const fetching = formatOf(source.format)?.fetching;
    const claimed = await this.fetches.claim(this.units.query, id, fetching?.batch ?? MAX_UNASKABLE);
    if (claimed.length === 0) return false;
    // The source has become another tool's since.
    if (!fetching) await this.#giveUp(source, claimed, 'not-of-this-format');
    else await this.#ask(claimed, { source, fetching, access });
    return true;
  }

  async #ask(fetches: readonly Fetch[], asking: Asking): Promise<void> {
    const { source, fetching, access } = asking;
    const { method, url, headers, body } = fetching.request(
      fetches.map(({ reference }) => reference),
      { baseUrl: access.baseUrl, mapping: source.mapping },
      Date.now(),
    );
    const exchange = await this.http.send({
      method,
      url: new URL(url),
      headers: {
        ...{ ...headers, accept: 'application/json', authorization: `Bearer ${access.token}` },
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
      keepBytes: MAX_ANSWER_BYTES,
    });
    if (this.#stopping) return;
    const outcome = judge(exchange, fetching);
    this.#log.log({
      ...{ event: 'fetches.asked', source: source.id, count: fetches.length, outcome: outcome.kind },
      ...(outcome.kind !== 'answered' && { why: outcome.why }),
      ms: exchange.durationMs,
    });
    switch (outcome.kind) {
      case 'answered':
        return this.#takeIn(fetches, outcome.value, asking);
      case 'refused':
        // One that is not there any more makes some tools refuse all of them.
        if (fetches.length > 1) return this.#askApart(fetches, asking);
        return this.#giveUp(source, fetches, outcome.why);
      case 'wait': {
        const pause = pauseMs(outcome.retryAfter, this.settings.retryScale);
        await this.fetches.pause(this.units.query, source.id, pause);
        const again = fetches.map((fetch) => ({ fetch, delayMs: pause }));
        return this.fetches.failed(this.units.query, again, { why: outcome.why, counts: false });
      }
      case 'failed':
        return this.#tryLater(source, fetches, outcome.why);
    }
  }

  async #askApart(fetches: readonly Fetch[], asking: Asking): Promise<void> {
    const middle = Math.ceil(fetches.length / 2);
    for (const half of [fetches.slice(0, middle), fetches.slice(middle)]) {
      if (this.#stopping) return;
      await sleep(PACE_MS);
      await this.#ask(half, asking);
    }
  }

  async #takeIn(fetches: readonly Fetch[], answer: unknown, { source, fetching }: Asking): Promise<void> {
    const now = Date.now();
    const read = fetching.read(answer, { mapping: source.mapping, canFetch: true, now });
    const gone = fetches.filter(({ reference }) => !read.has(reference));
    const found = new Map<Arrival, Fetch>(
      fetches.flatMap((fetch) => {
        const arrival = read.get(fetch.reference);
        return arrival ? [[arrival, fetch]] : [];
      }),
    );
    const of = (arrival: Arrival) => found.get(arrival) as Fetch;
    await this.arrivals.take([...found.keys()], {
      source,
      now,
      keyOf: (arrival) => {
        const { reference, revision, wantedAt } = of(arrival);
        return JSON.stringify(['fetched', reference, revision, wantedAt.getTime()]);
      },
      traceparentOf: (arrival) => of(arrival).traceparent ?? undefined,
      alongside: (arrival, unit) => this.fetches.done(unit.query, of(arrival)),
    });
    fetchesTotal.inc({ format: source.format, outcome: 'taken' }, found.size);
    if (gone.length > 0) await this.#giveUp(source, gone, 'gone');
  }

  async #tryLater(source: Source, fetches: readonly Fetch[], why: string): Promise<void> {
    const tried = fetches.map((fetch) => ({
      fetch,
      delayMs: nextAttemptMs(fetch.attempts, this.settings.retryScale, Math.random()),
    }));
    await this.fetches.failed(this.units.query, tried, { why });
    const ended = tried.filter(({ delayMs }) => delayMs === undefined).length;
    fetchesTotal.inc({ format: source.format, outcome: 'failed' }, fetches.length);
    if (ended > 0) this.#noteGivenUp(source, ended, why);
  }

  async #giveUp(source: Source, fetches: readonly Fetch[], why: string): Promise<void> {
    const last = fetches.map((fetch) => ({ fetch, delayMs: undefined }));
    await this.fetches.failed(this.units.query, last, { why });
    this.#noteGivenUp(source, fetches.length, why);
  }

  #noteGivenUp(source: Source, count: number, why: string): void {
    fetchesTotal.inc({ format: source.format, outcome: 'given-up' }, count);
    // What has gone is nobody's fault.
    const say = why === 'gone' ? 'log' : 'error';
    this.#log[say]({ event: 'fetches.given-up', source: source.id, count, why });
  }

  #note(error: unknown): void {
    // An outage of the database is shown by readiness; the next look tries again.
    if (!isTransient(error)) this.#log.error({ event: 'fetches.failed', error: error as Error });
  }
}

/** What nobody can ask for is given up in parts of this size. */
const MAX_UNASKABLE = 1_000;

type Judged =
  | { readonly kind: 'answered'; readonly value: unknown }
  | { readonly kind: 'failed' | 'refused'; readonly why: string }
  | { readonly kind: 'wait'; readonly why: string; readonly retryAfter: string | undefined };

function judge(exchange: Exchange, { refusal }: Fetching): Judged {
  if (exchange.outcome === 'failed') return { kind: 'failed', why: exchange.why };
  const { status, retryAfter, beginning } = exchange;
  if (status === 429) return { kind: 'wait', why: 'too-many-requests', retryAfter };
  // A token that has run out will be renewed, and until then it would be refused for everything.
  if (status === 401 || status === 403) return { kind: 'failed', why: 'token-refused' };
  if (status >= 400 && status < 500) return { kind: 'refused', why: `status-${status}` };
  if (status < 200 || status >= 300) return { kind: 'failed', why: `status-${status}` };
  try {
    const value = parseJson(beginning, { exactIntegers: true });
    const why = refusal?.(value);
    return why === undefined ? { kind: 'answered', value } : { kind: 'failed', why };
  } catch {
    return { kind: 'failed', why: 'answer-malformed' };
  }
}

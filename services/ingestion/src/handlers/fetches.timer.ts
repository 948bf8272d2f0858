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
import { AccessTokens, type Obtained } from '../feedback/access-tokens.js';
import { TOKEN_REFUSED, TOO_OFTEN, type Trouble } from '../feedback/telling.js';
import { fetchesTotal } from '../metrics.js';
import { nextAttemptMs, pauseMs } from '../sources/attempt-schedule.js';
import { formatOf } from '../sources/formats.js';
import type { Arrival, Fetching, FetchTrouble } from '../sources/source-format.js';
import { TakeArrivals } from '../sources/take-arrivals.js';
import { type Fetch, FetchesStore } from '../store/fetches.store.js';
import { type AskedTool, type Source, SourcesStore } from '../store/sources.store.js';
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
  readonly access: AskedTool;
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
    private readonly tokens: AccessTokens,
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

  /** One that is not there makes some tools refuse all that it is asked for with: those are asked for by halves. */
  async #ask(fetches: readonly Fetch[], asking: Asking): Promise<void> {
    const parts = [fetches];
    let [refusals, isAnyAnswered] = [0, false];
    for (let part = parts.shift(); part; part = parts.shift()) {
      if (refusals > 0) await sleep(PACE_MS);
      const outcome = await this.#askFor(part, asking);
      if (this.#stopping) return;
      switch (outcome.kind) {
        case 'answered':
          isAnyAnswered = true;
          await this.#takeIn(part, outcome.value, asking);
          break;
        case 'refused':
          refusals += 1;
          if (part.length === 1) await this.#tryLater(asking.source, part, outcome.why);
          else parts.unshift(...halvesOf(part));
          if (refusals >= MAX_REFUSALS && !isAnyAnswered) return this.#putOff(parts.flat(), outcome.why);
          break;
        case 'wait': {
          const pause = pauseMs(outcome.retryAfter, this.settings.retryScale);
          await this.fetches.pause(this.units.query, asking.source.id, pause);
          return this.#putOff([part, ...parts].flat(), outcome.why, pause);
        }
        case 'failed':
          await this.#tryLater(asking.source, part, outcome.why);
          return this.#putOff(parts.flat(), outcome.why);
      }
    }
  }

  /** Once more with fewer fields, where the tool does not know one of them: what else it knows of a lead is worth having. */
  async #askFor(fetches: readonly Fetch[], asking: Asking): Promise<Judged> {
    const outcome = await this.#send(fetches, asking, false);
    if (outcome.kind !== 'too-many-fields' || this.#stopping) return settled(outcome);
    await sleep(PACE_MS);
    return settled(await this.#send(fetches, asking, true));
  }

  async #send(
    fetches: readonly Fetch[],
    { source, fetching, access }: Asking,
    isBare: boolean,
  ): Promise<Judged | FetchTrouble> {
    const shown = await this.#tokenFor(source, access);
    if ('trouble' in shown) {
      this.#noteAsked(source, fetches.length, shown.trouble, shown.durationMs);
      return shown.trouble;
    }
    const { method, url, headers, body } = fetching.request(
      fetches.map(({ reference }) => reference),
      { baseUrl: access.baseUrl, mapping: source.mapping, isBare },
      Date.now(),
    );
    const exchange = await this.http.send({
      method,
      url: new URL(url),
      headers: {
        ...{ ...headers, accept: 'application/json', authorization: `Bearer ${shown.token}` },
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
      keepBytes: MAX_ANSWER_BYTES,
    });
    const outcome = judge(exchange, fetching);
    if ('why' in outcome && outcome.why === TOKEN_REFUSED.why) this.tokens.forget(holderOf(source));
    this.#noteAsked(source, fetches.length, outcome, exchange.durationMs);
    return outcome;
  }

  /** The token that was given; else one that the source's client gets. */
  async #tokenFor(source: Source, access: AskedTool): Promise<Obtained> {
    if ('token' in access) return access;
    return this.tokens.of(holderOf(source), access.client, access.grant, access.baseUrl);
  }

  #noteAsked(source: Source, count: number, outcome: Judged | FetchTrouble, ms: number): void {
    this.#log.log({
      ...{ event: 'fetches.asked', source: source.id, count, outcome: outcome.kind },
      ...(outcome.kind !== 'answered' && { why: outcome.why }),
      ms,
    });
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
      asOf: (arrival) => (fetching.isCurrent ? of(arrival).wantedAt.getTime() : undefined),
      alongside: (arrival, unit) => this.fetches.done(unit.query, of(arrival)),
    });
    fetchesTotal.inc({ format: source.format, outcome: 'taken' }, found.size);
    // Asked for within seconds, it may not be there yet.
    if (gone.length > 0) await this.#tryLater(source, gone, 'gone');
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

  /** Without an answer of their own, so that it was no attempt. */
  async #putOff(fetches: readonly Fetch[], why: string, delayMs?: number): Promise<void> {
    const again = fetches.map((fetch) => ({
      fetch,
      delayMs: delayMs ?? nextAttemptMs(fetch.attempts, this.settings.retryScale, Math.random()) ?? LOOK_EVERY_MS,
    }));
    if (again.length > 0) await this.fetches.failed(this.units.query, again, { why, counts: false });
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

/** Refused as often, and never answered: it is about all of them. A half after a half, one of three hundred is found before that. */
const MAX_REFUSALS = 20;

type Judged = { readonly kind: 'answered'; readonly value: unknown } | Trouble;

/** Statuses that are about what was asked for, and not about who asked, how often, or the tool's own health. */
const aboutTheReferences: ReadonlySet<number> = new Set([400, 404, 409, 410, 413, 414, 422]);

function judge(exchange: Exchange, { trouble }: Fetching): Judged | FetchTrouble {
  if (exchange.outcome === 'failed') return { kind: 'failed', why: exchange.why };
  const { status, retryAfter, beginning } = exchange;
  if (status === 429) return { ...TOO_OFTEN, retryAfter };
  const answer = parsed(beginning);
  const said = trouble?.(answer);
  if (said) return said.kind === 'wait' ? { retryAfter, ...said } : said;
  // A token that has run out will be renewed, and until then it would be refused for everything.
  if (status === 401 || status === 403) return TOKEN_REFUSED;
  if (status < 200 || status >= 300)
    return { kind: aboutTheReferences.has(status) ? 'refused' : 'failed', why: `status-${status}` };
  return answer === undefined ? { kind: 'failed', why: 'answer-malformed' } : { kind: 'answered', value: answer };
}

/** Beside the client as whom the tool is told, which may be another. */
function holderOf({ id }: Source): string {
  return `${id}/fetch`;
}

function halvesOf<Each>(all: readonly Each[]): (readonly Each[])[] {
  const middle = Math.ceil(all.length / 2);
  return [all.slice(0, middle), all.slice(middle)];
}

/** What must be there is not known either: people mend it, and until then it would be refused for everything. */
function settled(outcome: Judged | FetchTrouble): Judged {
  return outcome.kind === 'too-many-fields' ? { kind: 'failed', why: outcome.why } : outcome;
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body, { exactIntegers: true });
  } catch {
    return undefined;
  }
}

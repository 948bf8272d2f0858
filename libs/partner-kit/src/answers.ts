import { chunksOf, readBounded } from './read-bounded.js';
import type {
  Amount,
  Contact,
  Consent,
  CorrectedOutcome,
  Facts,
  Grade,
  Instant,
  Reason,
  ScoreReason,
} from './webhook-events.js';

export interface AnswersSettings {
  /**
   * Where Fairlead's API is, as the vendor told you: `https://leads.vendor.example`. Your key is sent to addresses below it
   * and to no others, whatever a webhook says.
   */
  readonly baseUrl: string;
  /** Your own key, `flk_…`. */
  readonly key: string;
  /** Plain http also to other machines than this one: everybody on the way then reads the key. */
  readonly allowHttp?: boolean;
  /** For one attempt, to the last byte of the answer; 10,000 by default, which is above what Fairlead takes when it is busy. */
  readonly attemptTimeoutMs?: number;
  /** For all attempts together, with the pauses between them; 60,000 by default. */
  readonly deadlineMs?: number;
  /** To go through a proxy, say. */
  readonly fetch?: typeof fetch;
}

/** What an answer needs to know of a webhook: any event of Fairlead, also one that was stored as JSON and read again. */
export interface Answerable {
  readonly data: {
    readonly answers: { readonly accept: string; readonly decline: string; readonly outcomes: string };
    /** The offer that is answered; an answer to one that the lead has moved on from is refused. */
    readonly offer?: number;
  };
}

interface Noted {
  /** Free text. It is kept encrypted, and erased with the lead. */
  readonly note?: string;
  /** When it happened; now, if not given. */
  readonly at?: Date;
}

/** What became of a lead. Steps may be skipped forward, never back: contacted, qualified, then won or lost; or returned. */
export type Outcome =
  | ({ readonly type: 'contacted' | 'qualified' } & Noted)
  | ({ readonly type: 'won'; readonly amount?: Amount } & Noted)
  | ({ readonly type: 'lost'; readonly reason?: Reason } & Noted)
  | ({ readonly type: 'returned'; readonly reason: Reason } & Noted);

/** What you reported before, in the same words. `at` only where it matters: when that was said to have happened. */
export interface Reported {
  readonly type: Outcome['type'];
  readonly at?: Date;
  readonly reason?: Reason;
  readonly amount?: Amount;
}

/** As it was reported, and as it is. */
export interface Correction {
  readonly was: CorrectedOutcome;
  /** Null: nothing of the kind had happened. */
  readonly is: CorrectedOutcome | null;
  readonly at: Instant;
}

export interface Offer {
  readonly number: number;
  readonly party: string;
  readonly pool: string;
  readonly policy: string;
  readonly grade: Grade | null;
  /** Why it was made: `share`, `named-account`, `override`, …; only `share` counts towards the promise. */
  readonly kind: string;
  readonly stage: string;
  readonly offeredAt: Instant;
  readonly acceptBy: Instant;
  readonly deliveredAt: Instant | null;
  readonly acceptedAt: Instant | null;
  readonly contactedAt: Instant | null;
  readonly qualifiedAt: Instant | null;
  readonly closedAt: Instant | null;
  readonly reason: string | null;
  readonly amount: Amount | null;
  /** What you corrected of what you had reported; everything else here is as corrected. */
  readonly corrections?: readonly Correction[];
}

/** Your part of the lead, after your answer. */
export interface Lead {
  readonly id: string;
  /** Where it stands: `offered`, `accepted`, `declined`, `contacted`, … */
  readonly state: string;
  readonly source: string | null;
  readonly externalId: string | null;
  readonly receivedAt: Instant;
  readonly grade: Grade | null;
  readonly score: number | null;
  readonly party: string | null;
  readonly acceptBy: Instant | null;
  readonly outcome: 'won' | 'lost' | 'returned' | null;
  readonly facts: Facts;
  readonly reasons: readonly ScoreReason[];
  readonly missing: readonly string[];
  readonly touches: number;
  /** Your offers of this lead, in their order. */
  readonly offers: readonly Offer[];
  /** Whom to call, from the moment on that the policy names. */
  readonly contact?: Contact | null;
  readonly consent?: Consent;
  /** Why there is no contact although the lead has one: a fault at the vendor, who has to look after it. */
  readonly contactUnreadable?: string;
}

/** RFC 9457 */
export interface ProblemDetails {
  readonly type: string;
  readonly title?: string;
  readonly detail?: string;
  /** Which fields of the request are wrong. */
  readonly errors?: readonly { readonly field: string; readonly detail: string }[];
}

/** Fairlead does not take this answer, and will not when it is repeated: `code` says why. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  /** The last part of the problem's type, `offer-expired` or `already-accepted`; `http-404` of an answer without one. */
  readonly code: string;
  constructor(
    readonly status: number,
    readonly problem: ProblemDetails | undefined,
  ) {
    const code = problem?.type.split(':').at(-1) || `http-${status}`;
    super(`${status} ${code}${problem?.detail === undefined ? '' : `: ${problem.detail.slice(0, MAX_DETAIL)}`}`);
    this.code = code;
  }
}

/** Whether the answer was taken is not known, or it cannot be yet: give it again later. To repeat it does no harm. */
export class AnswerUndecided extends Error {
  override readonly name = 'AnswerUndecided';
  constructor(
    /** Of the last attempt; undefined when nothing came back. */
    readonly status: number | undefined,
    /** What Fairlead asked for. */
    readonly retryAfterMs: number | undefined,
    options?: ErrorOptions,
  ) {
    super(
      status === undefined ? 'no answer came back in time' : `answered ${status}: to be given again later`,
      options,
    );
  }
}

/** The webhook names an address that is not below `baseUrl`. Nothing was sent. */
export class UntrustedAddress extends Error {
  override readonly name = 'UntrustedAddress';
}

const DEFAULT_ATTEMPT_TIMEOUT_MS = 10_000;
const DEFAULT_DEADLINE_MS = 60_000;
/** With the pauses below some ten seconds of trouble; for more, repeating it is the caller's queue's work. */
const MAX_ATTEMPTS = 5;
const FIRST_PAUSE_MS = 500;
/** An answer is a lead: some kilobytes. */
const MAX_ANSWER_BYTES = 1024 * 1024;
const MAX_DETAIL = 300;

type Attempt =
  | { readonly lead: Lead }
  | { readonly status: number; readonly problem: ProblemDetails | undefined; readonly retryAfterMs: number | undefined }
  | { readonly failure: unknown };

/** Answers offers, and reports what became of leads, as one partner. */
export class Answers {
  readonly #base: string;
  readonly #key: string;
  readonly #attemptTimeoutMs: number;
  readonly #deadlineMs: number;
  readonly #fetch: typeof fetch;

  /** @throws TypeError when `baseUrl` is none that a key may be sent to */
  constructor(settings: AnswersSettings) {
    this.#base = baseOf(settings);
    if (!/^[\x21-\x7e]+$/.test(settings.key)) throw new TypeError('key is not a key of Fairlead');
    this.#key = settings.key;
    this.#attemptTimeoutMs = settings.attemptTimeoutMs ?? DEFAULT_ATTEMPT_TIMEOUT_MS;
    this.#deadlineMs = settings.deadlineMs ?? DEFAULT_DEADLINE_MS;
    // Called as a plain function: a browser's refuses to be anybody's method.
    this.#fetch = settings.fetch ?? ((...args) => fetch(...args));
  }

  /**
   * The lead is yours from then on. What comes back holds its contact details.
   * @throws AnswerRefused, AnswerUndecided, UntrustedAddress
   */
  accept(event: Answerable, signal?: AbortSignal): Promise<Lead> {
    return this.#say(event, 'accept', {}, signal);
  }

  /** @throws AnswerRefused, AnswerUndecided, UntrustedAddress */
  decline(event: Answerable, reason: Reason, note?: string, signal?: AbortSignal): Promise<Lead> {
    return this.#say(event, 'decline', { reason, note }, signal);
  }

  /** @throws AnswerRefused, AnswerUndecided, UntrustedAddress */
  report(event: Answerable, outcome: Outcome, signal?: AbortSignal): Promise<Lead> {
    return this.#say(event, 'outcomes', { ...outcome, at: outcome.at?.toISOString() }, signal);
  }

  /**
   * What was reported is not right: `outcome` is, or nothing of the kind had happened. Both stay in the log; figures count what is right.
   * @throws AnswerRefused, AnswerUndecided, UntrustedAddress
   */
  correct(
    event: Answerable,
    reported: Reported,
    outcome: Outcome | { readonly type: 'mistaken'; readonly note?: string },
    signal?: AbortSignal,
  ): Promise<Lead> {
    const corrects = { ...reported, at: reported.at?.toISOString() };
    const at = 'at' in outcome ? outcome.at?.toISOString() : undefined;
    return this.#say(event, 'outcomes', { ...outcome, at, corrects }, signal);
  }

  async #say(
    { data }: Answerable,
    what: keyof Answerable['data']['answers'],
    said: object,
    signal: AbortSignal | undefined,
  ): Promise<Lead> {
    const url = this.#trusted(data.answers[what]);
    const body = JSON.stringify({ offer: data.offer, ...said });
    const key = await this.#idempotencyKey(url, body);
    const until = Date.now() + this.#deadlineMs;
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted();
      const result = await this.#attempt(url, body, key, until, signal);
      if ('lead' in result) return result.lead;
      const pauseMs = pauseAfter(result, attempt);
      if (pauseMs === undefined && 'status' in result) throw new AnswerRefused(result.status, result.problem);
      if (attempt === MAX_ATTEMPTS || Date.now() + (pauseMs ?? 0) >= until) throw undecided(result);
      await pause(pauseMs ?? 0, signal);
    }
  }

  /** Compared as the address that it is, so that neither `..` nor `https://vendor.example@elsewhere` gets past it. */
  #trusted(address: string): string {
    const url = URL.canParse(address) ? new URL(address).href : '';
    if (url.startsWith(this.#base)) return url;
    throw new UntrustedAddress('the webhook names an address that is not below baseUrl: nothing was sent');
  }

  /**
   * The same for the same answer, so that it is the same request to Fairlead also when another process repeats it. Keyed,
   * because a note is free text: a bare hash would tell whoever guesses it that the guess is right.
   */
  async #idempotencyKey(url: string, body: string): Promise<string> {
    const utf8 = new TextEncoder();
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', utf8.encode(this.#key), algorithm, false, ['sign']);
    const hash = new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8.encode(`${url}\n${body}`)));
    return [...hash].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }

  async #attempt(
    url: string,
    body: string,
    idempotencyKey: string,
    until: number,
    signal: AbortSignal | undefined,
  ): Promise<Attempt> {
    const late = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(this.#attemptTimeoutMs, until - Date.now()))));
    try {
      const response = await this.#fetch(url, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${this.#key}`,
          'content-type': 'application/json',
          accept: 'application/json',
          'idempotency-key': idempotencyKey,
        },
        body,
        // Fairlead never redirects an answer; whoever does would be sent the key.
        redirect: 'manual',
        signal: signal ? AbortSignal.any([signal, late]) : late,
      });
      const bytes = await readBounded(chunksOf(response.body), MAX_ANSWER_BYTES);
      if (response.ok) return { lead: JSON.parse(new TextDecoder().decode(bytes)) as Lead };
      return {
        status: response.status,
        problem: problemIn(response.headers, bytes),
        retryAfterMs: retryAfter(response.headers.get('retry-after')),
      };
    } catch (failure) {
      signal?.throwIfAborted();
      return { failure };
    }
  }
}

function baseOf({ baseUrl, allowHttp = false }: AnswersSettings): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (!url || url.username || url.password || url.search || url.hash)
    throw new TypeError('baseUrl must be an address such as https://leads.vendor.example');
  const here = /^(localhost|127(\.\d+){3}|\[::1\])$/.test(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && (here || allowHttp)))
    throw new TypeError('baseUrl must be https: your key is sent there');
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

/** Milliseconds; undefined when to repeat it would change nothing. */
function pauseAfter(result: Exclude<Attempt, { lead: Lead }>, attempt: number): number | undefined {
  if ('status' in result) {
    const { status, retryAfterMs } = result;
    // A refusal that says when to come again is none: the offer may not have come in yet where answers are taken.
    if (retryAfterMs === undefined && status < 500 && status !== 408 && status !== 425 && status !== 429)
      return undefined;
    if (retryAfterMs !== undefined) return retryAfterMs;
  }
  // Spread out, so that those whom the same outage stopped do not all come back at once.
  return FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2);
}

function undecided(result: Exclude<Attempt, { lead: Lead }>): AnswerUndecided {
  return 'status' in result
    ? new AnswerUndecided(result.status, result.retryAfterMs)
    : new AnswerUndecided(undefined, undefined, { cause: result.failure });
}

/** Seconds or a date (RFC 9110); undefined for anything else. */
function retryAfter(value: string | null): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1_000;
  const at = /^[A-Z][a-z]{2}, /.test(value) ? Date.parse(value) : NaN;
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now());
}

function problemIn(headers: Headers, bytes: Uint8Array | undefined): ProblemDetails | undefined {
  if (!bytes || !headers.get('content-type')?.startsWith('application/problem+json')) return undefined;
  try {
    const problem = JSON.parse(new TextDecoder().decode(bytes)) as ProblemDetails;
    return typeof problem?.type === 'string' ? problem : undefined;
  } catch {
    return undefined;
  }
}

function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stopped = () => {
      clearTimeout(timer);
      // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what the caller has stopped it with, whatever that is
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stopped);
      resolve();
    }, milliseconds);
    signal?.addEventListener('abort', stopped, { once: true });
  });
}

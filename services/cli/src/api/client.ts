import { setTimeout as pause } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { CommandFailed } from './command-failed.js';
import type { ApiSettings } from './settings.js';

/** The system answered that it will not do this, as RFC 9457 problem details. */
export class Refused extends CommandFailed {
  override readonly name = 'Refused';

  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string | undefined,
    readonly errors: readonly { readonly index?: number; readonly field: string; readonly detail: string }[],
  ) {
    const fields = errors.map((error) => `\n  ${error.field}: ${error.detail}`).join('');
    const told = { status, title, ...(detail !== undefined && { detail }), ...(errors.length > 0 && { errors }) };
    super(`${status} ${title}${detail === undefined ? '' : `: ${detail}`}${hint(status)}${fields}`, told);
  }
}

export interface Call {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From the root, with its query: `/v1/keys?limit=100`. */
  readonly path: string;
  readonly body?: { readonly type: string; readonly text: string };
  readonly headers?: Readonly<Record<string, string>>;
  /** The answer is bytes, whatever they are, and not JSON. */
  readonly raw?: true;
  /** Makes a POST safe to repeat. */
  readonly idempotencyKey?: string;
  /** A POST that says nothing new when it comes twice, without a key. */
  readonly isIdempotent?: true;
}

export interface Patience {
  /** How long to try again, in milliseconds since the last answer; 0 does not try again. */
  readonly forMs: number;
  /** Called before each further try. */
  readonly onWait?: (why: string, attempt: number) => void;
}

// Longer than any batch takes on a machine that is short of breath, short enough to notice a connection that died
// silently.
const ANSWER_TIMEOUT_MS = 60_000;
const FIRST_PAUSE_MS = 100;
// Services are back within some seconds of a restart: pausing longer than two would only waste what came back.
const LONGEST_PAUSE_MS = 2_000;
// A server may ask for more patience; not for more than half a minute, as it may be a proxy's default.
const LONGEST_ASKED_PAUSE_MS = 30_000;
// An answer lists at most 1,000 rows with a few errors each, and a bundle of the longest entries has 16 MiB; a larger one is
// not ours.
const MAX_ANSWER_BYTES = 17 * 1024 * 1024;

/** The HTTP API, as commands use it. */
export class Api {
  readonly #agent = new Agent({
    headersTimeout: ANSWER_TIMEOUT_MS,
    bodyTimeout: ANSWER_TIMEOUT_MS,
    connectTimeout: 5_000,
  });

  constructor(
    private readonly settings: ApiSettings,
    private readonly patience: Patience = { forMs: 0 },
  ) {}

  /**
   * Makes a call and reads its answer, again and again while nobody answers or the answer is "not now".
   * @throws Refused, or CommandFailed when patience runs out
   */
  async call<T>(call: Call): Promise<T> {
    const began = Date.now();
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await this.#attempt(call);
      if ('answer' in outcome) return outcome.answer as T;
      const repeatable = call.method !== 'POST' || call.idempotencyKey !== undefined || call.isIdempotent === true;
      const left = began + this.patience.forMs - Date.now();
      if (!repeatable || left <= 0) throw outcome.failure;
      this.patience.onWait?.(outcome.failure.message, attempt);
      await pause(Math.min(pauseMs(attempt, outcome.askedPauseMs), left));
    }
  }

  /** A file, as it is. @throws as `call` */
  async read(path: string): Promise<Buffer> {
    return this.call<Buffer>({ method: 'GET', path, raw: true });
  }

  /** A list, all its pages. */
  async list<T>(path: string, field: string, from: { after?: string; limit?: number } = {}): Promise<T[]> {
    const all: T[] = [];
    const { limit = 100 } = from;
    for (let { after } = from; ;) {
      const query = after === undefined ? `?limit=${limit}` : `?limit=${limit}&after=${encodeURIComponent(after)}`;
      const page = await this.call<Record<string, unknown>>({ method: 'GET', path: `${path}${query}` });
      all.push(...(page[field] as T[]));
      if (typeof page['next'] !== 'string') return all;
      after = page['next'];
    }
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }

  async #attempt(call: Call): Promise<Outcome> {
    let heard: Heard;
    try {
      heard = await this.#send(call);
    } catch (error) {
      if (error instanceof CommandFailed) throw error;
      return { failure: new CommandFailed(this.#unreachable(error)) };
    }
    return understand(heard, call.raw === true);
  }

  async #send({ method, path, body, headers, idempotencyKey, raw }: Call): Promise<Heard> {
    const response = await request(`${this.settings.url}${path}`, {
      method,
      dispatcher: this.#agent,
      headers: {
        authorization: `Bearer ${this.settings.key}`,
        accept: raw === true ? '*/*' : 'application/json, application/problem+json',
        ...headers,
        ...(body && { 'content-type': body.type }),
        ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      },
      ...(body && { body: body.text }),
    });
    const bytes = await readBytes(response.body);
    return { status: response.statusCode, bytes, retryAfter: response.headers['retry-after'] };
  }

  #unreachable(error: unknown): string {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    const what: Record<string, string> = {
      ECONNREFUSED: 'nothing listens there. Is `fairlead start` running?',
      ENOTFOUND: 'there is no such host',
      UND_ERR_CONNECT_TIMEOUT: 'it does not answer',
      UND_ERR_HEADERS_TIMEOUT: 'it took the request and did not answer in time',
      UND_ERR_BODY_TIMEOUT: 'it stopped in the middle of its answer',
    };
    return `${this.settings.url}: ${what[code] ?? `the connection broke (${code})`}`;
  }
}

interface Heard {
  readonly status: number;
  readonly bytes: Buffer;
  readonly retryAfter: string | string[] | undefined;
}

type Outcome = { readonly answer: unknown } | { readonly failure: CommandFailed; readonly askedPauseMs?: number };

/** Errors that another try may cure. 409 with Retry-After: the first try of the same batch is still being worked on. */
const temporary: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

function understand({ status, bytes, retryAfter }: Heard, raw: boolean): Outcome {
  if (raw && status >= 200 && status < 300) return { answer: bytes };
  const text = bytes.toString();
  if (status >= 200 && status < 300) {
    if (text === '') return { answer: undefined };
    const answer = parsed(text);
    return answer === undefined ? { failure: new CommandFailed('The answer is not JSON.') } : { answer };
  }
  const refused = refusal(status, text);
  const seconds = Number(retryAfter ?? NaN);
  const askedPauseMs = Number.isFinite(seconds) ? Math.min(seconds * 1_000, LONGEST_ASKED_PAUSE_MS) : undefined;
  if (temporary.has(status) || (status === 409 && askedPauseMs !== undefined)) {
    return { failure: refused, ...(askedPauseMs !== undefined && { askedPauseMs }) };
  }
  throw refused;
}

function refusal(status: number, text: string): Refused {
  const problem = parsed(text) as Partial<Record<string, unknown>> | undefined;
  const title = typeof problem?.['title'] === 'string' ? problem['title'] : 'Unexpected answer';
  const detail = typeof problem?.['detail'] === 'string' ? problem['detail'] : undefined;
  const errors = Array.isArray(problem?.['errors']) ? (problem['errors'] as Refused['errors']) : [];
  return new Refused(status, title, detail, errors);
}

function hint(status: number): string {
  if (status === 401) return ' Set FAIRLEAD_API_KEY to a valid key.';
  return status === 403 ? ' This key’s role does not allow it.' : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function readBytes(body: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new CommandFailed('The answer is larger than any of ours.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** Doubling, with half of it left to chance so that many importers do not come back at the same instant. */
function pauseMs(attempt: number, asked: number | undefined): number {
  if (asked !== undefined) return Math.max(asked, FIRST_PAUSE_MS);
  const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
  return longest / 2 + (Math.random() * longest) / 2;
}

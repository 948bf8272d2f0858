import { chunksOf, readBounded } from './read-bounded.js';
import {
  importKeys,
  parseKeys,
  type VerificationKey,
  verified,
  type VerifyOptions,
  type WebhookHeaders,
  WebhookRefused,
} from './verify-webhook.js';
import type { WebhookEvent } from './webhook-events.js';
import { SeenInMemory, type WebhooksSeen } from './webhooks-seen.js';

export interface ReceiverSettings {
  /** Of the endpoint: all that are valid now. */
  readonly keys: VerificationKey | readonly VerificationKey[];
  /**
   * Called once for each webhook that is verified and was not taken before. When it is done, Fairlead is told 204; when it
   * throws, 500, and the webhook comes again. Put the event where it is safe, and return: what takes longer than
   * `answerWithinMs` belongs in a queue of yours.
   */
  readonly onEvent: (event: WebhookEvent, about: { readonly webhookId: string }) => void | Promise<void>;
  /** Told of what `onEvent` or `seen` threw, which nobody else sees. */
  readonly onFailure: (error: unknown, about: { readonly webhookId?: string }) => void;
  readonly seen?: WebhooksSeen;
  readonly toleranceSeconds?: VerifyOptions['toleranceSeconds'];
  /** 1 MiB by default; a webhook has a few kilobytes, and a few hundred where a person wrote long messages. */
  readonly maxBodyBytes?: number;
  /** How long the body may take to come in; 10,000 by default. */
  readonly readWithinMs?: number;
  /** How long `onEvent` may take; 10,000 by default. Fairlead waits for 15 seconds, and then sends it again. */
  readonly answerWithinMs?: number;
}

/** A webhook as it comes in, of whatever server. */
export interface Incoming {
  readonly method: string;
  readonly headers: WebhookHeaders;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Fairlead shows its beginning in the list of deliveries: it says what is wrong, and repeats nothing. */
  readonly body: string;
}

const DEFAULT_MAX_BODY_BYTES = 1024 * 1024;
const DEFAULT_WITHIN_MS = 10_000;
/** Fairlead leaves an endpoint that says so alone for as long: whoever does not keep up needs a rest, and not a long one. */
const REST_SECONDS = 5;

/** @throws TypeError or RangeError for keys that can be none */
export function webhookReceiver(settings: ReceiverSettings): (incoming: Incoming) => Promise<Answer> {
  const { maxBodyBytes = DEFAULT_MAX_BODY_BYTES, readWithinMs = DEFAULT_WITHIN_MS, toleranceSeconds } = settings;
  const seen = settings.seen ?? new SeenInMemory();
  const keys = parseKeys(settings.keys);
  let importedKeys: ReturnType<typeof importKeys> | undefined;

  return async ({ method, headers, chunks }) => {
    if (method !== 'POST') return answer(405, 'webhooks are sent by POST', { allow: 'POST' });
    const imported = await (importedKeys ??= importKeys(keys));
    const body = await within(
      readWithinMs,
      readBounded(chunks, maxBodyBytes).catch(() => 'broken' as const),
    );
    if (body === LATE) return answer(408, 'the body did not come in in time', { connection: 'close' });
    if (body === 'broken') return answer(400, 'the body did not come in whole', { connection: 'close' });
    if (!body) return answer(413, `a webhook has ${maxBodyBytes} bytes at most`, { connection: 'close' });
    try {
      const options = toleranceSeconds === undefined ? {} : { toleranceSeconds };
      const { webhookId, event } = await verified(imported, headers, body, options);
      return await take(webhookId, event, seen, settings);
    } catch (error) {
      if (!(error instanceof WebhookRefused)) throw error;
      const proves = error.why === 'no-matching-signature' || error.why === 'too-old' || error.why === 'too-new';
      return answer(proves ? 401 : 400, `${error.why}: ${error.message}`);
    }
  };
}

/** A handler for servers that speak fetch: Deno, Bun, Workers, Hono, Next.js and others. */
export function fetchHandler(settings: ReceiverSettings): (request: Request) => Promise<Response> {
  const receive = webhookReceiver(settings);
  return async ({ method, headers, body, bodyUsed }) => {
    if (bodyUsed) throw new TypeError(READ_ALREADY);
    const { status, headers: fields, body: text } = await receive({ method, headers, chunks: chunksOf(body) });
    return new Response(status === 204 ? null : text, { status, headers: fields });
  };
}

export const READ_ALREADY =
  'the body was read before: webhooks are verified by their bytes, so put this before any parser';

async function take(
  webhookId: string,
  event: WebhookEvent,
  seen: WebhooksSeen,
  { onEvent, onFailure, answerWithinMs = DEFAULT_WITHIN_MS }: ReceiverSettings,
): Promise<Answer> {
  const work = async (): Promise<Answer> => {
    const claim = await seen.claim(webhookId);
    if (claim === 'taken') return answer(204);
    if (claim === 'busy') return answer(503, BUSY);
    try {
      await onEvent(event, { webhookId });
    } catch (error) {
      await seen.release(webhookId);
      throw error;
    }
    await seen.taken(webhookId);
    return answer(204);
  };
  const failed = (error: unknown): Answer => {
    onFailure(error, { webhookId });
    return answer(500, 'it could not be taken');
  };
  // Work that is late goes on: the attempt that comes next finds it done, or still busy.
  const result = await within(answerWithinMs, work().catch(failed));
  return result === LATE ? answer(503, BUSY, { 'retry-after': String(REST_SECONDS) }) : result;
}

function answer(status: number, text = '', headers: Record<string, string> = {}): Answer {
  return { status, headers: { ...(text && { 'content-type': 'text/plain; charset=utf-8' }), ...headers }, body: text };
}

const BUSY = 'this webhook is being taken';
const LATE = Symbol('late');

async function within<T>(milliseconds: number, promise: Promise<T>): Promise<T | typeof LATE> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<typeof LATE>((resolve) => (timer = setTimeout(() => resolve(LATE), milliseconds)));
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

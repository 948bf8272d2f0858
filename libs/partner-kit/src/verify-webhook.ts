import type { WebhookEvent } from './webhook-events.js';

/** `whsec_…` of an endpoint (HMAC-SHA256, `v1`), or a public key `whpk_…` (Ed25519, `v1a`). */
export type VerificationKey = string;

interface FetchHeaders {
  get(name: string): string | null;
}

/** Headers as fetch has them, or as node:http does. */
export type WebhookHeaders = FetchHeaders | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How far the sender's clock may be from this one, either way. 300 by default, as the official libraries have it. */
  readonly toleranceSeconds?: number;
  /** Milliseconds since the epoch; the clock's, if not given. */
  readonly now?: number;
}

export type RefusedBecause =
  'missing-header' | 'malformed-header' | 'too-old' | 'too-new' | 'no-matching-signature' | 'not-an-event';

/** Whoever sent this is not known to be Fairlead, or it is no webhook of Fairlead. Its message repeats nothing of what was sent. */
export class WebhookRefused extends Error {
  override readonly name = 'WebhookRefused';
  constructor(
    readonly why: RefusedBecause,
    message: string,
  ) {
    super(message);
  }
}

const DEFAULT_TOLERANCE_SECONDS = 300;
/** A day: with more, whoever once saw a webhook could send it again when nobody remembers its id. */
const MAX_TOLERANCE_SECONDS = 86_400;
/** The sender signs with each key that it has, which are a handful; every one of a forger's costs a computation here. */
const MAX_SIGNATURES = 20;
/** Keys are a few too: an old and a new one of each kind while they are changed. */
const MAX_KEYS = 20;
/** The bounds that Standard Webhooks sets for a secret. */
const [MIN_SECRET_BYTES, MAX_SECRET_BYTES] = [24, 64];
const ED25519_KEY_BYTES = 32;

const ALGORITHMS = { v1: { name: 'HMAC', hash: 'SHA-256' }, v1a: { name: 'Ed25519' } } as const;

/** Visible, and without the dot that separates it from the time in what is signed. */
const WEBHOOK_ID = /^[\x21-\x2d\x2f-\x7e]{1,255}$/;
const SECONDS = /^\d{1,12}$/;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

type Bytes = Uint8Array<ArrayBuffer>;
type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key that was read, and is not yet what the runtime calculates with. */
interface ParsedKey {
  readonly version: 'v1' | 'v1a';
  readonly bytes: Bytes;
}

interface ImportedKey {
  readonly version: 'v1' | 'v1a';
  readonly key: Key;
}

/**
 * The event of a webhook, when one of its signatures is by one of the keys, and its time is about now.
 * @param keys of the endpoint: all that are valid now, in any order
 * @param body the bytes as they came. What a framework has parsed and written again has other ones.
 * @throws WebhookRefused for what is not to be trusted; TypeError or RangeError for keys and options that can be none
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
export async function verifyWebhook(
  keys: VerificationKey | readonly VerificationKey[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
  options: VerifyOptions = {},
): Promise<WebhookEvent> {
  return (await verified(await importKeys(parseKeys(keys)), headers, body, options)).event;
}

/** @throws TypeError or RangeError that says what is wrong with the keys, and never repeats them */
export function parseKeys(keys: VerificationKey | readonly VerificationKey[]): ParsedKey[] {
  const list = typeof keys === 'string' ? [keys] : keys;
  if (list.length === 0) throw new RangeError('no key to verify webhooks with');
  if (list.length > MAX_KEYS) throw new RangeError(`more than ${MAX_KEYS} keys to verify webhooks with`);
  return list.map(parsed);
}

export function importKeys(keys: readonly ParsedKey[]): Promise<ImportedKey[]> {
  return Promise.all(
    keys.map(async ({ version, bytes }) => ({
      version,
      key: await crypto.subtle.importKey('raw', bytes, ALGORITHMS[version], false, ['verify']),
    })),
  );
}

export async function verified(
  keys: readonly ImportedKey[],
  headers: WebhookHeaders,
  body: string | Uint8Array,
  { toleranceSeconds = DEFAULT_TOLERANCE_SECONDS, now = Date.now() }: VerifyOptions,
): Promise<{ readonly webhookId: string; readonly event: WebhookEvent }> {
  if (!(toleranceSeconds > 0 && toleranceSeconds <= MAX_TOLERANCE_SECONDS))
    throw new RangeError(`toleranceSeconds must be above 0, and at most ${MAX_TOLERANCE_SECONDS}`);
  const bytes = bytesOf(body);
  const id = header(headers, 'webhook-id');
  const timestamp = header(headers, 'webhook-timestamp');
  const signatures = header(headers, 'webhook-signature').split(' ');
  if (!WEBHOOK_ID.test(id)) throw new WebhookRefused('malformed-header', 'webhook-id is not an id');
  if (!SECONDS.test(timestamp))
    throw new WebhookRefused('malformed-header', 'webhook-timestamp is not in seconds since the epoch');
  if (signatures.length > MAX_SIGNATURES)
    throw new WebhookRefused('malformed-header', `webhook-signature has more than ${MAX_SIGNATURES} signatures`);

  const ageSeconds = Math.floor(now / 1_000) - Number(timestamp);
  if (ageSeconds > toleranceSeconds)
    throw new WebhookRefused('too-old', 'webhook-timestamp is too old, or the clock here is fast');
  if (ageSeconds < -toleranceSeconds)
    throw new WebhookRefused('too-new', 'webhook-timestamp lies in the future, or the clock here is slow');

  const signed = joined(new TextEncoder().encode(`${id}.${timestamp}.`), bytes);
  for (const signature of signatures)
    if (await matches(keys, signature, signed)) return { webhookId: id, event: eventIn(bytes) };
  throw new WebhookRefused('no-matching-signature', 'no signature of the webhook is by one of the keys');
}

/** Each comparison is the runtime's own, which takes as long for a wrong signature as for a right one. */
async function matches(keys: readonly ImportedKey[], signature: string, signed: Bytes): Promise<boolean> {
  const comma = signature.indexOf(',');
  const version = signature.slice(0, comma);
  const bytes = fromBase64(signature.slice(comma + 1));
  if (comma < 0 || !bytes) return false;
  for (const each of keys)
    if (each.version === version && (await crypto.subtle.verify(ALGORITHMS[each.version], each.key, bytes, signed)))
      return true;
  return false;
}

function parsed(key: VerificationKey): ParsedKey {
  if (typeof key !== 'string') throw new TypeError('a key to verify webhooks with must be a string');
  if (key.startsWith('whsk_'))
    throw new RangeError('whsk_… is the private key of a sender: webhooks are verified with the public one, whpk_…');
  if (key.startsWith('whpk_')) {
    const bytes = fromBase64(key.slice('whpk_'.length));
    if (bytes?.length !== ED25519_KEY_BYTES)
      throw new RangeError(`not a public key: whpk_ and base64 of ${ED25519_KEY_BYTES} bytes expected`);
    return { version: 'v1a', bytes };
  }
  // The official libraries take a secret without its prefix, too.
  const bytes = fromBase64(key.startsWith('whsec_') ? key.slice('whsec_'.length) : key);
  if (!bytes || bytes.length < MIN_SECRET_BYTES || bytes.length > MAX_SECRET_BYTES)
    throw new RangeError(
      `not a webhook secret: whsec_ and base64 of ${MIN_SECRET_BYTES} to ${MAX_SECRET_BYTES} bytes expected`,
    );
  return { version: 'v1', bytes };
}

function header(headers: WebhookHeaders, name: string): string {
  const [value, ...more] = isOfFetch(headers)
    ? [headers.get(name)]
    : Object.entries(headers).flatMap(([key, each]) => (key.toLowerCase() === name ? (each ?? []) : []));
  if (!isText(value)) throw new WebhookRefused('missing-header', `there is no ${name}`);
  if (more.length > 0) throw new WebhookRefused('malformed-header', `there is more than one ${name}`);
  return value;
}

function isOfFetch(headers: WebhookHeaders): headers is FetchHeaders {
  return typeof headers['get' as keyof WebhookHeaders] === 'function';
}

function bytesOf(body: string | Uint8Array): Bytes {
  if (typeof body === 'string') return new TextEncoder().encode(body);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  throw new TypeError('give the raw body, as it came: what was parsed and is written again has other bytes');
}

/** Undefined for what is no base64. */
function fromBase64(text: string): Bytes | undefined {
  if (!BASE64.test(text)) return undefined;
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined;
  }
}

function joined(head: Uint8Array, tail: Uint8Array): Bytes {
  const all = new Uint8Array(head.length + tail.length);
  all.set(head);
  all.set(tail, head.length);
  return all;
}

/** What is signed comes from Fairlead; that it is an event is looked at all the same, because types promise it. */
function eventIn(bytes: Bytes): WebhookEvent {
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new WebhookRefused('not-an-event', 'the body is not JSON');
  }
  if (!isObject(event) || !isObject(event['data']) || !['id', 'type', 'subject'].every((name) => isText(event[name])))
    throw new WebhookRefused('not-an-event', 'the body is not an event of Fairlead');
  return event as unknown as WebhookEvent;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '';
}

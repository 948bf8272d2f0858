import { lookup as systemLookup } from 'node:dns/promises';
import { isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContext } from 'node:tls';
import { buildConnector, type Dispatcher, errors, Pool } from 'undici';
import type { AddressGuard } from './address-guard.js';
import { type EgressProxy, ProxyFailed } from './egress-proxy.js';

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly url: URL;
  readonly headers: Record<string, string>;
  readonly body?: Buffer;
  /** How much of the answer's body is kept, from its beginning; 1,024 bytes when nothing is said. */
  readonly keepBytes?: number;
}

/** Why there was no usable answer. Each is a word that a partner can look up, and a value of a metric's label. */
export type NoAnswer =
  | 'address-refused'
  | 'name-not-resolved'
  | 'proxy-failed'
  | 'connection-refused'
  | 'connection-failed'
  | 'connection-reset'
  | 'connect-timeout'
  | 'tls-failed'
  | 'timeout'
  | 'answer-too-large'
  | 'answer-malformed'
  | 'cancelled';

/** What became of a request. An answer is one that arrived whole; a status alone is not. */
export type Exchange = Outcome & {
  readonly durationMs: number;
  /** The first bytes of the answer's body, as many as were to be kept. */
  readonly beginning: Buffer;
};

type Outcome =
  | { readonly outcome: 'answered'; readonly status: number; readonly retryAfter: string | undefined }
  | { readonly outcome: 'failed'; readonly why: NoAnswer; readonly status: number | undefined };

export interface GuardedHttpSettings {
  readonly guard: AddressGuard;
  /** From the call to the last byte of the answer, whatever the other side does in between. */
  readonly deadlineMs: number;
  readonly connectTimeoutMs: number;
  readonly maxAnswerBytes: number;
  readonly connectionsPerOrigin: number;
  /** Public addresses are reached through it; those that the operator allowed stand on this side of it. */
  readonly proxy?: EgressProxy | undefined;
  /** Whom to trust, and who we are; else whom Node trusts, and nobody. */
  readonly secureContext?: SecureContext | undefined;
  /** Tests resolve names without a network. */
  readonly lookup?: Lookup;
}

/** All addresses of a name. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string; readonly family: number }[]>;

/** What is kept of an answer for people to look at, when its content does not matter. */
const BEGINNING_BYTES = 1_024;
/** Ahead of an answer (RFC 9110, 15.2): one or two are in use (early hints, still at work). For ever is an attack. */
const MAX_INFORMATIONAL = 10;
/**
 * What may come over a connection for one answer, whatever it is made of. To a body its chunks may add several times as much, when
 * they are small, and headers are at most 16 KiB; padding without end (of chunk sizes, or empty lines) is no part of either.
 */
const WIRE_BYTES_PER_BYTE = 4;
const WIRE_BYTES_BESIDES = 65_536;
/** Addresses of one name that are tried through a proxy, one after the other: the first may be one that it cannot reach. */
const MAX_PROXIED_ADDRESSES = 4;
/** An origin that has not been called for this long gives its sockets back. */
const IDLE_ORIGIN_MS = 60_000;
/** Below the 5 s after which Node's and many other servers close an idle connection: else we would send into the closing. */
const KEEP_ALIVE_MS = 4_000;

/**
 * The one HTTP client for addresses that somebody else chose. Every connection is checked at the moment it is made,
 * against the address that it is made to, so that a name which changes its mind between check and use gains nothing.
 * Follows no redirect, decompresses nothing, waits no longer than the deadline, reads no more than the cap.
 */
export class GuardedHttp {
  readonly #settings: GuardedHttpSettings;
  readonly #origins = new Map<string, { readonly pool: Pool; lastUsed: number }>();
  /** Of each URL, for as long as its owner keeps it: to read these parts of one is work each time. */
  readonly #targets = new WeakMap<URL, { readonly origin: string; readonly path: string }>();
  /** Requests under way, oldest first, because all have the same deadline: only the first one needs a timer. */
  readonly #underWay = new Set<Request>();
  readonly #connect: Connector;
  readonly #sweep: NodeJS.Timeout;
  #deadlineTimer: NodeJS.Timeout | undefined;

  constructor(settings: GuardedHttpSettings) {
    this.#settings = settings;
    this.#connect = guardedConnector(settings);
    this.#sweep = setInterval(() => this.#closeIdleOrigins(), IDLE_ORIGIN_MS / 2).unref();
  }

  /** Sends and waits for the answer. Never rejects: that there is no answer is an answer, too. */
  send(request: OutgoingRequest): Promise<Exchange> {
    return new Promise((resolve) => {
      const exchange: Request = new Request(
        this.#settings.maxAnswerBytes,
        request.keepBytes ?? BEGINNING_BYTES,
        (result) => {
          this.#underWay.delete(exchange);
          resolve(result);
        },
      );
      this.#underWay.add(exchange);
      this.#deadlineTimer ??= setTimeout(this.#expire, this.#settings.deadlineMs).unref();
      const { url, method, headers, body } = request;
      try {
        const { origin, path } = this.#targetOf(url);
        this.#poolOf(origin).dispatch({ path, method, headers, body: body ?? null }, exchange);
      } catch (error) {
        exchange.onResponseError(undefined, error as Error);
      }
    });
  }

  /** Breaks off what is under way and closes every connection. */
  async close(): Promise<void> {
    clearInterval(this.#sweep);
    clearTimeout(this.#deadlineTimer);
    for (const exchange of this.#underWay) exchange.breakOff('cancelled');
    await Promise.all([...this.#origins.values()].map(({ pool }) => pool.destroy()));
    this.#origins.clear();
  }

  #targetOf(url: URL): { readonly origin: string; readonly path: string } {
    let target = this.#targets.get(url);
    if (!target) {
      target = { origin: url.origin, path: `${url.pathname}${url.search}` };
      this.#targets.set(url, target);
    }
    return target;
  }

  #poolOf(origin: string): Pool {
    let known = this.#origins.get(origin);
    if (!known) {
      known = { pool: this.#newPool(origin), lastUsed: 0 };
      this.#origins.set(origin, known);
    }
    known.lastUsed = performance.now();
    return known.pool;
  }

  #newPool(origin: string): Pool {
    return new Pool(origin, {
      connections: this.#settings.connectionsPerOrigin,
      pipelining: 1,
      connect: this.#connect,
      keepAliveTimeout: KEEP_ALIVE_MS,
      keepAliveMaxTimeout: IDLE_ORIGIN_MS,
      allowH2: false,
      // The deadline covers both, and one timer for all requests is cheaper than two for each.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  }

  /** After a stall of this process timers come before what has arrived meanwhile: an answer that was there in time must not be late. */
  readonly #expire = (): void => void setImmediate(this.#breakOffLate).unref();

  readonly #breakOffLate = (): void => {
    this.#deadlineTimer = undefined;
    const now = performance.now();
    for (const exchange of this.#underWay) {
      const left = exchange.startedAt + this.#settings.deadlineMs - now;
      if (left > 0) {
        this.#deadlineTimer = setTimeout(this.#expire, Math.ceil(left)).unref();
        return;
      }
      exchange.breakOff('timeout');
    }
  };

  #closeIdleOrigins(): void {
    const before = performance.now() - IDLE_ORIGIN_MS;
    for (const [origin, { pool, lastUsed }] of this.#origins) {
      if (lastUsed > before || pool.stats.running > 0 || pool.stats.queued > 0) continue;
      this.#origins.delete(origin);
      void pool.close();
    }
  }
}

/** One request under way, as undici's dispatcher tells of it: no streams, no signals, which is most of what a request costs. */
class Request implements Dispatcher.DispatchHandler {
  readonly startedAt = performance.now();
  readonly #maxAnswerBytes: number;
  readonly #keepBytes: number;
  readonly #done: (exchange: Exchange) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #settled = false;
  #status: number | undefined;
  #retryAfter: string | undefined;
  #informational = 0;
  #received = 0;
  /** Joined once, at the end: an answer that is kept whole may come in hundreds of chunks. */
  readonly #kept: Buffer[] = [];

  constructor(maxAnswerBytes: number, keepBytes: number, done: (exchange: Exchange) => void) {
    this.#maxAnswerBytes = maxAnswerBytes;
    this.#keepBytes = keepBytes;
    this.#done = done;
  }

  breakOff(why: NoAnswer): void {
    this.#fail(why);
    this.#controller?.abort(new BrokenOff());
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    // Its time ran out while it waited for a connection: it must not be sent any more.
    if (this.#settled) controller.abort(new BrokenOff());
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>): void {
    if (this.#settled) return;
    if (status < 200) return this.#noteInformational(status);
    this.#status = status;
    const retryAfter = headers['retry-after'];
    this.#retryAfter = typeof retryAfter === 'string' ? retryAfter : undefined;
    if (Number(headers['content-length']) > this.#maxAnswerBytes) this.breakOff('answer-too-large');
  }

  /** The answer is still to come; unless it is in a protocol that nobody has asked for, or never comes. */
  #noteInformational(status: number): void {
    this.#informational += 1;
    if (status < 102 || this.#informational > MAX_INFORMATIONAL) this.breakOff('answer-malformed');
  }

  onResponseData(_: unknown, chunk: Buffer): void {
    if (this.#settled) return;
    // A copy: the chunk is a window into a buffer that the parser goes on using.
    if (this.#received < this.#keepBytes)
      this.#kept.push(Buffer.from(chunk.subarray(0, this.#keepBytes - this.#received)));
    this.#received += chunk.length;
    if (this.#received > this.#maxAnswerBytes) this.breakOff('answer-too-large');
  }

  onResponseEnd(): void {
    if (this.#status === undefined) return this.#fail('answer-malformed');
    this.#settle({ outcome: 'answered', status: this.#status, retryAfter: this.#retryAfter });
  }

  onResponseError(_: unknown, error: Error): void {
    this.#fail(classify(error));
  }

  #fail(why: NoAnswer): void {
    this.#settle({ outcome: 'failed', why, status: this.#status });
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    const beginning = Buffer.concat(this.#kept);
    this.#done({ ...outcome, durationMs: Math.round(performance.now() - this.startedAt), beginning });
  }
}

class BrokenOff extends Error {
  override readonly name = 'BrokenOff';
}

/** The address is not one that may be called. Its text is for the operator; it names no address. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  readonly code = 'FAIRLEAD_ADDRESS_REFUSED';

  constructor() {
    super('not a public address, or plain http to one');
  }
}

/**
 * Whether this address may be called at all: https to public addresses, and either to those that the operator allowed.
 * Resolves the name, which proves nothing about later: it is for telling a person at once, the check that counts is made
 * when connecting.
 */
export async function permittedNow(
  settings: Pick<GuardedHttpSettings, 'guard' | 'lookup'>,
  url: URL,
): Promise<boolean> {
  const permits = permitsOf(settings.guard, url.protocol === 'http:');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  if (isIP(host) !== 0) return permits(host);
  const addresses = await (settings.lookup ?? resolve)(host);
  return addresses.some(({ address }) => permits(address));
}

function permitsOf(guard: AddressGuard, plain: boolean): Permits {
  return (address) => {
    const verdict = guard.verdict(address);
    return verdict === 'allowed' || (verdict === 'public' && !plain);
  };
}

function resolve(hostname: string): ReturnType<Lookup> {
  return systemLookup(hostname, { all: true });
}

type Connector = ReturnType<typeof buildConnector>;
type Permits = (address: string) => boolean;

function guardedConnector(settings: GuardedHttpSettings): Connector {
  const https = settings.proxy
    ? proxiedConnector(settings, settings.proxy)
    : directConnector(settings, permitsOf(settings.guard, false));
  const http = directConnector(settings, permitsOf(settings.guard, true));
  const maxBytes = WIRE_BYTES_PER_BYTE * settings.maxAnswerBytes + WIRE_BYTES_BESIDES;
  return (options, callback) =>
    (options.protocol === 'https:' ? https : http)(options, (...connected) => {
      if (connected[1]) boundAnswers(connected[1], maxBytes);
      callback(...connected);
    });
}

/** Requests and answers take turns on a connection: what comes after a request has been written is all for its answer. */
function boundAnswers(socket: Socket, maxBytes: number): void {
  let written = socket.bytesWritten;
  let readBefore = 0;
  let read = 0;
  socket.on('readable', () => {
    if (written !== socket.bytesWritten) {
      written = socket.bytesWritten;
      readBefore = read;
    }
    read = socket.bytesRead;
    if (read - readBefore > maxBytes) socket.destroy(new errors.ResponseExceededMaxSizeError());
  });
}

function directConnector(settings: GuardedHttpSettings, permits: Permits): Connector {
  const connect = buildConnector({
    ...connectorOptions(settings),
    // Node connects to the addresses that this returns and to no others: there is no second resolution to rebind.
    lookup: guardedLookup(settings.lookup ?? resolve, permits),
  });
  return (options, callback) => {
    // An address that is already one is never looked up, so nothing above would see it.
    if (isIP(options.hostname) !== 0 && !permits(options.hostname)) {
      setImmediate(callback, new AddressRefused(), null);
      return;
    }
    connect(options, (error, socket) => {
      if (error) return callback(error, null);
      // What it was connected to in the end, should anything before this line ever be wrong.
      if (permits(socket.remoteAddress ?? '')) return callback(null, socket);
      socket.destroy();
      callback(new AddressRefused(), null);
    });
  };
}

/**
 * The name is resolved and its addresses are checked here, as always; the proxy is told one of those that passed. TLS is
 * with the partner, by its name, through the proxy. What the operator allowed is reached without it.
 */
function proxiedConnector(settings: GuardedHttpSettings, proxy: EgressProxy): Connector {
  const secure = buildConnector(connectorOptions(settings));
  const direct = directConnector(settings, (address) => settings.guard.verdict(address) === 'allowed');
  return (options, callback) => {
    const tunnel = async (): Promise<void> => {
      const addresses = await addressesOf(settings, options.hostname);
      const publicOnes = addresses.filter((address) => settings.guard.verdict(address) === 'public');
      if (publicOnes.length === 0) return void direct(options, callback);
      const httpSocket = await throughProxy(proxy, publicOnes, Number(options.port || 443), settings.connectTimeoutMs);
      secure({ ...options, httpSocket }, callback);
    };
    tunnel().catch((error: unknown) => callback(error as Error, null));
  };
}

async function throughProxy(
  proxy: EgressProxy,
  addresses: readonly string[],
  port: number,
  timeoutMs: number,
): Promise<Socket> {
  const until = performance.now() + timeoutMs;
  let failure: unknown = new ProxyFailed();
  for (const address of addresses.slice(0, MAX_PROXIED_ADDRESSES)) {
    const left = Math.floor(until - performance.now());
    if (left <= 0) break;
    try {
      return await proxy.connect(address, port, left);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

async function addressesOf({ lookup }: GuardedHttpSettings, hostname: string): Promise<readonly string[]> {
  if (isIP(hostname) !== 0) return [hostname];
  return (await (lookup ?? resolve)(hostname)).map(({ address }) => address);
}

function connectorOptions({ connectTimeoutMs, secureContext }: GuardedHttpSettings): buildConnector.BuildOptions {
  return { timeout: connectTimeoutMs, allowH2: false, ...(secureContext && { secureContext }) };
}

function guardedLookup(resolveName: Lookup, permits: Permits): LookupFunction {
  return (hostname, options, callback) => {
    resolveName(hostname).then(
      (addresses) => {
        const permitted = addresses.filter(({ address }) => permits(address));
        const [first] = permitted;
        if (!first) callback(addresses.length > 0 ? new AddressRefused() : notFound(), '');
        else if (options.all) callback(null, [...permitted]);
        else callback(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => callback(error, ''),
    );
  };
}

function notFound(): NodeJS.ErrnoException {
  return Object.assign(new Error('the name has no address'), { code: 'ENOTFOUND' });
}

const CLASSES: Readonly<Record<string, NoAnswer>> = {
  FAIRLEAD_ADDRESS_REFUSED: 'address-refused',
  FAIRLEAD_PROXY_FAILED: 'proxy-failed',
  FAIRLEAD_TARGET_NOT_REACHED: 'connection-failed',
  ENOTFOUND: 'name-not-resolved',
  EAI_AGAIN: 'name-not-resolved',
  EAI_FAIL: 'name-not-resolved',
  EAI_NODATA: 'name-not-resolved',
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-reset',
  EPIPE: 'connection-reset',
  UND_ERR_SOCKET: 'connection-reset',
  UND_ERR_CONNECT_TIMEOUT: 'connect-timeout',
  ETIMEDOUT: 'connect-timeout',
  UND_ERR_HEADERS_OVERFLOW: 'answer-too-large',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'answer-too-large',
  UND_ERR_DESTROYED: 'cancelled',
  UND_ERR_CLOSED: 'cancelled',
};

/** undici has no code of its own for a status that answers nothing that was asked (100, 101 with an upgrade). */
function isOutOfTurn(error: Error, code: string): boolean {
  return code === 'UND_ERR_SOCKET' && /^bad (response|upgrade)$/.test(error.message);
}

function classify(error: Error): NoAnswer {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (isOutOfTurn(error, code)) return 'answer-malformed';
  const known = CLASSES[code];
  if (known) return known;
  if (error instanceof errors.HTTPParserError || code.startsWith('HPE_')) return 'answer-malformed';
  if (error instanceof errors.ResponseContentLengthMismatchError) return 'answer-malformed';
  // Node reports a certificate that does not hold under many names: CERT_HAS_EXPIRED, DEPTH_ZERO_SELF_SIGNED_CERT, …
  if (/^(ERR_TLS|ERR_SSL|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_MISMATCH|EPROTO)/.test(code))
    return 'tls-failed';
  if (error instanceof AggregateError) return classify(error.errors[0] as Error);
  return 'connection-failed';
}

import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Caller } from '../access/decorators.js';
import { type Accepted, DEFAULT_ACCEPTED, DEFAULT_BODY_LIMIT_BYTES, MAX_PARAMETER_LENGTH } from './accepts.js';
import { parseJson } from './json.js';
import { Problem } from './problem.js';
import { ServedMethods } from './served-methods.js';
import { NO_NUL, problemOfStatus, sendProblem } from './problem-details.filter.js';

/** A bearer key, a trace and the usual headers need 2 kB; what does not fit into 16 kB is no request of ours. */
const MAX_HEADER_BYTES = 16 * 1024;
/** Headers arrive in one piece; a client that takes longer is slow on purpose. */
const HEADERS_TIMEOUT_MS = 10_000;
/** An import of 100,000 leads over a slow line needs a minute; after five, a connection is held rather than used. */
const REQUEST_TIMEOUT_MS = 300_000;
/** Longer than the pauses of a client that sends steadily, and than the 60 s of common load balancers. */
const KEEP_ALIVE_TIMEOUT_MS = 65_000;

declare module 'fastify' {
  interface FastifyContextConfig {
    accepted?: Accepted;
  }
  interface FastifyRequest {
    /** Set by the guard; see @CurrentCaller(). */
    caller: Caller | undefined;
  }
}

export interface HttpServer {
  readonly adapter: FastifyAdapter;
  /** Every route that Fastify serves, as registered. Complete once the application is initialised. */
  readonly routes: { readonly method: string; readonly path: string }[];
  /** From now on new requests are answered 503; those under way go on. */
  drain(): void;
}

/**
 * Fastify behind Nest, with every limit set, one parser per content type, and problem details from the first byte on.
 * @param trustedProxies whose `x-forwarded-for` is believed; anybody else's would let a guesser of keys pass for many callers
 */
export function createHttpServer(trustedProxies: readonly string[] = []): HttpServer {
  const routes: { method: string; path: string }[] = [];
  const served = new ServedMethods();
  let draining = false;

  const adapter = new FastifyAdapter({
    logger: false,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    bodyLimit: DEFAULT_BODY_LIMIT_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    // A request id of the caller's choosing could be made to look like another's in the logs.
    requestIdHeader: false,
    genReqId: traceIdOf,
    return503OnClosing: false,
    clientErrorHandler: answerBrokenRequest,
    frameworkErrors: (error: FastifyError, request: FastifyRequest, reply: FastifyReply) => {
      void sendProblem(request, reply, problemOfAddress(error));
    },
  });
  const fastify: FastifyInstance = adapter.getInstance();

  fastify.decorateRequest('caller', undefined);
  fastify.addHook('onRequest', (request, reply, done) => {
    // Answers hold personal data, and must be neither kept by a cache nor taken for another type; a handler may say otherwise.
    void reply.headers({ 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' });
    if (draining) {
      void reply.header('connection', 'close');
      void sendProblem(request, reply, new Problem(503, { type: 'shutting-down', retryAfterSeconds: 5 }));
      return;
    }
    const refusal = refusedAddress(request) ?? unknownRoute(request, served) ?? refusedContentType(request);
    if (refusal) void sendProblem(request, reply, refusal);
    else done();
  });

  fastify.removeAllContentTypeParsers();
  const parsers = new Map<string, 'whole' | 'stream'>();
  fastify.addHook('onRoute', (route: RouteOptions) => {
    const methods = [route.method].flat();
    for (const method of methods) routes.push({ method, path: route.url });
    served.add(route.url, methods);

    const accepted = route.config?.accepted ?? DEFAULT_ACCEPTED;
    route.bodyLimit = accepted.limitBytes;
    for (const [type, kind] of Object.entries(accepted.types)) addParser(fastify, parsers, type, kind === 'stream');
  });

  return {
    adapter,
    routes,
    drain: () => {
      draining = true;
    },
  };
}

function addParser(
  fastify: FastifyInstance,
  parsers: Map<string, 'whole' | 'stream'>,
  type: string,
  isStream: boolean,
): void {
  const wanted = isStream ? 'stream' : 'whole';
  const known = parsers.get(type);
  if (known === wanted) return;
  // Fastify chooses the parser by the type before it looks at the route.
  if (known) throw new Error(`${type} is a stream on one route and not on another`);
  parsers.set(type, wanted);
  if (isStream) {
    fastify.addContentTypeParser(type, (_request, payload, done) => {
      done(null, payload);
    });
    return;
  }
  fastify.addContentTypeParser(type, { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    const kind = acceptedBy(request).types[type];
    done(null, kind === 'bytes' ? body : parseJson(body));
  });
}

/** A part of an address that is longer than any id is the id of nothing. */
function problemOfAddress({ statusCode = 400, code }: FastifyError): Problem {
  return code === 'FST_ERR_MAX_PARAM_LENGTH' ? notServed() : problemOfStatus(statusCode, code);
}

function notServed(): Problem {
  return new Problem(404, { type: 'not-found', title: 'Not found', detail: 'Nothing is served at this address.' });
}

/** Nothing of ours has an id or a name with U+0000 in it, and PostgreSQL would fail on it. */
function refusedAddress({ url }: FastifyRequest): Problem | undefined {
  return url.includes('%00')
    ? new Problem(400, { type: 'invalid-input', title: 'Invalid input', detail: NO_NUL })
    : undefined;
}

/**
 * Answered before a body is looked at: of an address that is not served, or not by this method, no body is right. Also for
 * methods that Fastify has no words for.
 */
function unknownRoute({ url, method, is404 }: FastifyRequest, served: ServedMethods): Problem | undefined {
  const path = url.split('?', 1)[0] ?? '/';
  if (!is404 && !served.isMistaken(path, method)) return undefined;
  const methods = served.at(path);
  if (methods.length === 0 || methods.includes(method)) return notServed();
  const allow = methods.join(', ');
  return new Problem(405, { type: 'method-not-allowed', detail: `This address answers ${allow}.`, headers: { allow } });
}

/** One media type, and UTF-8 if a character set is named at all: whatever else is in the header is refused, not skipped. */
const CONTENT_TYPE = /^([a-z0-9!#$&^_.+-]{1,64}\/[a-z0-9!#$&^_.+-]{1,64})(?:[ \t]*;[ \t]*charset=(?:utf-8|"utf-8"))?$/i;

function refusedContentType(request: FastifyRequest): Problem | undefined {
  const header = request.headers['content-type'];
  // Without a type there may be no body; GET and the like have none that anybody would read.
  if (header === undefined && !hasBody(request)) return undefined;
  if (request.method === 'GET' || request.method === 'HEAD') return undefined;
  const { types } = acceptedBy(request);
  const type = CONTENT_TYPE.exec(header ?? '')?.[1]?.toLowerCase();
  if (type !== undefined && Object.hasOwn(types, type)) return undefined;
  const accepted = Object.keys(types).join(', ');
  return new Problem(415, {
    type: 'unsupported-media-type',
    detail: `This address accepts ${accepted}, as UTF-8.`,
    headers: { [request.method === 'PATCH' ? 'accept-patch' : 'accept-post']: accepted },
  });
}

function acceptedBy(request: FastifyRequest): Accepted {
  return request.routeOptions.config.accepted ?? DEFAULT_ACCEPTED;
}

function hasBody({ headers }: FastifyRequest): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

/**
 * The W3C trace id that the caller sent, if it is one, else a new one: under it a request is found in the logs. A UUID, since
 * Node makes those from stored entropy, ten times faster than it fetches random bytes.
 */
function traceIdOf(request: { headers: IncomingMessage['headers'] }): string {
  const { traceparent } = request.headers;
  const given =
    typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent)?.[1] : undefined;
  return given !== undefined && !/^0+$/.test(given) ? given : randomUUID().replaceAll('-', '');
}

const CLIENT_ERRORS: Readonly<Record<string, number>> = { HPE_HEADER_OVERFLOW: 431, ERR_HTTP_REQUEST_TIMEOUT: 408 };

/** What cannot be parsed as HTTP never becomes a request; it is answered on the bare connection, which then ends. */
function answerBrokenRequest(error: Error & { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || socket.destroyed) return;
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = CLIENT_ERRORS[error.code ?? ''] ?? 400;
  const problem = problemOfStatus(status);
  const body = JSON.stringify(problem.details);
  socket.end(
    `HTTP/1.1 ${status} ${problem.message}\r\ncontent-type: application/problem+json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n` +
      `connection: close\r\n\r\n${body}`,
  );
}

import replyFrom from '@fastify/reply-from';
import { Problem, ServedMethods } from '@fairlead/platform';
import { Logger } from '@nestjs/common';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { gatherDocument, gatherMetrics, gatherParked, gatherReadiness } from './gather.js';
import { codeOf, forwardingProblem } from './problems.js';
import { routesOf, routesOfAny } from './routes.js';
import type { Target } from './target.js';

/** Longer than a service's own limits for a request (300 s) and for an idle connection (65 s): it is to answer, not we. */
const REQUEST_TIMEOUT_MS = 310_000;
const KEEP_ALIVE_TIMEOUT_MS = 70_000;
const HEADERS_TIMEOUT_MS = 10_000;
/** As much as a service takes, and no less. */
const MAX_HEADER_BYTES = 16 * 1024;
const MAX_PARAMETER_LENGTH = 128;
/** To each service at once; beyond it requests wait here rather than there. */
const CONNECTIONS = 128;

/**
 * One address for services that run apart. It forwards every request as it came, body and all, to the service whose route
 * it is. It holds no key and decides nothing about access: that stays with the services, whichever way they are reached.
 * @param trustedProxies  those in front of it, whose word about where a request comes from is taken and passed on
 */
export function createGateway(
  services: readonly string[],
  target: Target,
  trustedProxies: readonly string[] = [],
): FastifyInstance {
  const logger = new Logger('gateway');
  const gateway = fastify({
    logger: false,
    trustProxy: trustedProxies.length > 0 && [...trustedProxies],
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    http: { maxHeaderSize: MAX_HEADER_BYTES, headersTimeout: HEADERS_TIMEOUT_MS },
    routerOptions: { maxParamLength: MAX_PARAMETER_LENGTH },
    // A part of an address that is longer than any id is the id of nothing.
    frameworkErrors: ({ code }, _request, reply) =>
      void answer(reply, code === 'FST_ERR_MAX_PARAM_LENGTH' ? notServed() : new Problem(400)),
  });
  gateway.removeAllContentTypeParsers();
  gateway.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
  void gateway.register(replyFrom, {
    disableCache: true,
    disableRequestLogging: true,
    destroyAgent: true,
    undici: { connections: CONNECTIONS, headersTimeout: REQUEST_TIMEOUT_MS, bodyTimeout: REQUEST_TIMEOUT_MS },
  });

  const forwardTo = (service: string) => (request: FastifyRequest, reply: FastifyReply) =>
    reply.from('', {
      getUpstream: () => target(service),
      // Nothing is sent twice: whether a request may be repeated only its sender knows.
      retryDelay: () => null,
      rewriteRequestHeaders: (_request, headers) => ({ ...headers, ...forwarded(request) }),
      onError: (_reply, { error }) => {
        const problem = forwardingProblem(service, error);
        logger.warn({ event: 'forward.failed', service, status: problem.getStatus(), code: codeOf(error) });
        answer(reply, problem);
      },
    });

  const served = new ServedMethods();
  const serve = (route: string, handler: (request: FastifyRequest, reply: FastifyReply) => unknown): void => {
    const [method = '', url = ''] = route.split(' ');
    served.add(url, [method]);
    gateway.route({ method, url, handler });
  };

  void gateway.after(() => {
    for (const service of services) for (const route of routesOf[service] ?? []) serve(route, forwardTo(service));
    const [any = ''] = services;
    for (const route of routesOfAny) serve(route, forwardTo(any));

    const gathered =
      (gather: typeof gatherParked) =>
      async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
        const { status, type, body } = await gather(services, target, request);
        return reply.code(status).header('content-type', type).header('cache-control', 'no-store').send(body);
      };
    serve('GET /health/live', () => ({ status: 'live' }));
    serve('GET /health/ready', gathered(gatherReadiness));
    serve('GET /metrics', gathered(gatherMetrics));
    serve('GET /openapi.json', gathered(gatherDocument));
    serve('GET /v1/parked', gathered(gatherParked));
    serve('GET /openapi/:service', (request, reply) => {
      const name = (request.params as { service: string }).service.replace(/\.json$/, '');
      return forwardTo(services.includes(name) ? name : any)(request, reply);
    });
    serve('POST /v1/parked/:id/redrive', (request, reply) => {
      const [name = ''] = (request.params as { id: string }).id.split('.');
      return forwardTo(services.includes(name) ? name : any)(request, reply);
    });
  });

  // Before a body is looked at, as in the services.
  gateway.addHook('onRequest', (request, reply, done) => {
    if (!request.is404) return done();
    const methods = served.at(request.url.split('?', 1)[0] ?? '/');
    if (methods.length === 0) return answer(reply, notServed());
    const allow = methods.join(', ');
    const detail = `This address answers ${allow}.`;
    return answer(reply, new Problem(405, { type: 'method-not-allowed', detail, headers: { allow } }));
  });
  gateway.setErrorHandler((error: { statusCode?: number; code?: string }, _request, reply) => {
    if (error instanceof Problem) return answer(reply, error);
    const status = error.statusCode !== undefined && error.statusCode < 500 ? error.statusCode : 500;
    if (status === 500) logger.error({ event: 'request.failed', error });
    return answer(reply, new Problem(status));
  });
  return gateway;
}

/**
 * Whoever calls is who the connection comes from, or who a proxy that is trusted says that it is; what the caller says about
 * that itself is not passed on.
 */
function forwarded({ ip, host, protocol }: FastifyRequest): Record<string, string> {
  return { 'x-forwarded-for': ip, 'x-forwarded-host': host, 'x-forwarded-proto': protocol };
}

function notServed(): Problem {
  return new Problem(404, { type: 'not-found', title: 'Not found', detail: 'Nothing is served at this address.' });
}

/** As bytes, because Fastify adds a character set to text, which this type does not have. */
function answer(reply: FastifyReply, problem: Problem): FastifyReply {
  if (!reply.request.raw.complete) void reply.header('connection', 'close');
  return reply
    .code(problem.getStatus())
    .headers({ ...problem.headers, 'cache-control': 'no-store', 'content-type': 'application/problem+json' })
    .send(Buffer.from(JSON.stringify(problem.details)));
}

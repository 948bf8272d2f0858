import { Logger } from '@nestjs/common';
import type { FastifyInstance } from 'fastify';
import { collectDefaultMetrics, Histogram, register } from 'prom-client';
import { describe } from '../http/problem-details.filter.js';

const NAME = 'fairlead_http_request_seconds';

/**
 * Times every request by the route's pattern: a path as sent would make a time series of every lead.
 * @param log writes a line per request, which only somebody who looks for a fault can want
 */
export function measureRequests(fastify: FastifyInstance, log: boolean): void {
  const logger = new Logger('http');
  if (!register.getSingleMetric('process_cpu_seconds_total')) collectDefaultMetrics({ register });
  const seconds = requestSeconds();
  fastify.addHook('onResponse', (request, reply, done) => {
    const route = request.routeOptions.url ?? 'none';
    seconds.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000);
    if (log) {
      const { status, durationMs } = { status: reply.statusCode, durationMs: Math.round(reply.elapsedTime) };
      logger.debug({ event: 'request', ...describe(request), status, durationMs, keyId: request.caller?.keyId });
    }
    done();
  });
}

/** The registry belongs to the process, which in tests starts services more than once. */
function requestSeconds(): Histogram<'method' | 'route' | 'status'> {
  const existing = register.getSingleMetric(NAME);
  if (existing) return existing as Histogram<'method' | 'route' | 'status'>;
  return new Histogram({
    name: NAME,
    help: 'From the arrival of a request to the end of its answer',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
}

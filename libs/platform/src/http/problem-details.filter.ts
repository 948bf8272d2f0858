import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { isTransient, QueryFailed } from '@fairlead/persistence';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Socket } from 'node:net';
import { Problem } from './problem.js';

/** Long enough for an answer to cross the world and for the sender to stop; little can be sent meanwhile that costs us. */
const LINGER_MS = 2_000;

/** Turns whatever reaches the edge of the application into problem details that reveal neither stacks nor values. */
@Catch()
export class ProblemDetailsFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(exception: unknown, host: ArgumentsHost): void {
    // Handlers of events run in the messaging transport, which has its own answer to an error: it must see it.
    if (host.getType() !== 'http') throw exception;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    this.answer(request, reply, this.problemFor(exception, request));
  }

  private problemFor(exception: unknown, request: FastifyRequest): Problem {
    if (exception instanceof Problem) return exception;
    if (exception instanceof QueryFailed && UNSTORABLE.includes(exception.code ?? ''))
      return new Problem(400, { type: 'invalid-input', title: 'Invalid input', detail: NO_NUL });
    if (exception instanceof HttpException) return problemOfStatus(exception.getStatus(), codeOf(exception));
    if (isTransient(exception)) {
      this.logger.warn({ event: 'request.postponed', ...describe(request), error: exception });
      return new Problem(503, {
        type: 'temporarily-unavailable',
        detail:
          'The database does not answer at the moment. Nothing was changed, or it is safe to send the same again.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
    const status = statusOf(exception);
    if (status !== undefined && status < 500) return problemOfStatus(status, codeOf(exception));
    this.logger.error({ event: 'request.failed', ...describe(request), error: exception });
    return new Problem(500, {
      type: 'unexpected',
      title: 'Unexpected error',
      detail: 'The error was logged under the trace id.',
    });
  }

  private answer(request: FastifyRequest, reply: FastifyReply, problem: Problem): void {
    if (reply.sent || reply.raw.headersSent) {
      // A stream has begun: nothing can be said any more, but a broken connection cannot be taken for a complete answer.
      reply.raw.destroy();
      return;
    }
    sendProblem(request, reply, problem);
  }
}

/** Sends the problem; also for hooks that answer before Nest is reached. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const status = problem.getStatus();
  void reply.code(status).headers(problem.headers);
  if (!request.raw.complete) cutOffSoon(request, reply);
  const body = status >= 500 ? { ...problem.details, traceId: request.id } : problem.details;
  // Bytes, because Fastify would add a charset to the type of a text, and this type has none.
  return reply.header('content-type', 'application/problem+json').send(Buffer.from(JSON.stringify(body)));
}

/**
 * What is left of a body that nobody wants is let in for a moment and thrown away, then cut off. A connection closed at
 * once would be reset under a client, or a proxy, that is still sending, and it would never read the answer.
 */
function cutOffSoon(request: FastifyRequest, reply: FastifyReply): void {
  const { raw } = request;
  reply.raw.once('finish', () => {
    // A request that has come in whole leaves its connection to the next one, which must not be cut off in its stead. The
    // socket is gone from the request where the client has closed it first.
    const cutOff = setTimeout(() => {
      if (!raw.complete) (raw.socket as Socket | null)?.destroy();
    }, LINGER_MS);
    raw.once('close', () => clearTimeout(cutOff));
    // A body that somebody has begun to read is not thrown away by Node itself.
    raw.resume();
  });
}

/** What may be logged of a request: the route's pattern and never the address, which can hold ids and query strings. */
export function describe(request: FastifyRequest): { traceId: string; method: string; route: string } {
  return { traceId: request.id, method: request.method, route: request.routeOptions.url ?? 'none' };
}

/** A restart of PostgreSQL takes about this long. */
const RETRY_AFTER_SECONDS = 2;

/** PostgreSQL's text holds every character but U+0000, which it reports by one of these (text and JSON). */
const UNSTORABLE: readonly string[] = ['22021', '22P05'];
export const NO_NUL = 'A text contains the character U+0000, which cannot be stored.';

const DETAILS: Readonly<Record<string, string>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'The body is larger than this address accepts.',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'The body does not have the length that its header announced.',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'This address does not accept this content type.',
  FST_ERR_BAD_URL: 'The address is not a well-formed URL.',
};

/** Errors of Fastify and of Nest carry texts that can repeat what was sent; only their status and code are taken over. */
export function problemOfStatus(status: number, code?: string): Problem {
  const detail = code === undefined ? undefined : DETAILS[code];
  return new Problem(status, detail === undefined ? {} : { detail });
}

function codeOf(exception: unknown): string | undefined {
  const { code, cause } = (exception ?? {}) as { code?: unknown; cause?: unknown };
  if (typeof code === 'string') return code;
  return cause === undefined ? undefined : codeOf(cause);
}

function statusOf(exception: unknown): number | undefined {
  const status = (exception as { statusCode?: unknown } | undefined)?.statusCode;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : undefined;
}

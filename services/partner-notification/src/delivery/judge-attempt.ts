import type { CameBack } from '../doors/door.js';
import { parseRetryAfter, retryDelayMs } from './retry-schedule.js';

/** What follows from an attempt. */
export interface Judgement {
  readonly outcome: 'delivered' | 'failed' | 'retry';
  /** Undefined when it succeeded: `http-503`, `timeout`, … */
  readonly failure: string | undefined;
  readonly retryInMs: number | undefined;
  /** The server asked to be left alone for so long, whatever is to be sent. */
  readonly restMs: number | undefined;
  /** Its server says that it will never take a webhook again. */
  readonly gone: boolean;
}

/**
 * Only a 2xx answer that arrived whole is a delivery. A redirect is a failure: following it would send a lead where
 * nobody of the party has said it may go.
 * @param attempts made so far, this one included
 * @param random from 0 up to 1
 */
export function judgeAttempt(
  exchange: CameBack,
  attempts: number,
  now: number,
  scale: number,
  random: number,
): Judgement {
  if (exchange.outcome === 'answered' && exchange.status >= 200 && exchange.status < 300)
    return { outcome: 'delivered', failure: undefined, retryInMs: undefined, restMs: undefined, gone: false };
  if (exchange.outcome === 'answered' && exchange.status === 410)
    return { outcome: 'failed', failure: 'http-410', retryInMs: undefined, restMs: undefined, gone: true };

  if (exchange.outcome === 'refused' && exchange.final)
    return { outcome: 'failed', failure: exchange.why, retryInMs: undefined, restMs: undefined, gone: false };
  const failure = exchange.outcome === 'answered' ? `http-${exchange.status}` : exchange.why;
  const restMs = restOf(exchange, now);
  const retryInMs = retryDelayMs({ attempts, ...(restMs !== undefined && { retryAfterMs: restMs }) }, scale, random);
  return { outcome: retryInMs === undefined ? 'failed' : 'retry', failure, retryInMs, restMs, gone: false };
}

/** Retry-After means something with these two (RFC 6585, RFC 9110); elsewhere it is somebody's mistake. */
function restOf(exchange: CameBack, now: number): number | undefined {
  if (exchange.outcome !== 'answered' || exchange.retryAfter === undefined) return undefined;
  if (exchange.status !== 429 && exchange.status !== 503) return undefined;
  return parseRetryAfter(exchange.retryAfter, now);
}

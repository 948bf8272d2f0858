import { parseJson } from '@fairlead/platform';
import type { Exchange } from '@fairlead/platform/outgoing';
import type { Telling, Word } from './telling.js';

/** What follows from an attempt to tell. */
export type Judged =
  /** `refused`: one by one, for good. */
  | { readonly kind: 'told'; readonly refused: number }
  | { readonly kind: 'failed'; readonly why: string }
  /** Something in it is wrong, and it would be the same the next time. */
  | { readonly kind: 'refused'; readonly why: string }
  /** In seconds, as it said it. */
  | { readonly kind: 'wait'; readonly why: string; readonly retryAfter: string | undefined };

/** Of a source's own address: only a 2xx answer that arrived whole is one. A redirect is a failure, as for partners. */
export function judgeCallback(exchange: Exchange): Judged {
  if (exchange.outcome === 'failed') return { kind: 'failed', why: exchange.why };
  const { status, retryAfter } = exchange;
  if (status >= 200 && status < 300) return { kind: 'told', refused: 0 };
  const why = `http-${status}`;
  if ((status === 429 || status === 503) && retryAfter !== undefined) return { kind: 'wait', why, retryAfter };
  return { kind: 'failed', why };
}

/** Statuses that are about what was sent, and not about who sent it, how often, or the tool's own health. */
const aboutTheWords: ReadonlySet<number> = new Set([400, 404, 409, 413, 422]);

/** Of a tool. */
export function judgeTool(exchange: Exchange, telling: Telling, words: readonly Word[]): Judged {
  if (exchange.outcome === 'failed') return { kind: 'failed', why: exchange.why };
  const { status, retryAfter, beginning } = exchange;
  if (status === 429) return { kind: 'wait', why: 'too-many-requests', retryAfter };
  // A token that has run out will be renewed, and until then it would be refused for everything.
  if (status === 401 || status === 403) return { kind: 'failed', why: 'token-refused' };
  const answer = parsed(beginning);
  if (status >= 200 && status < 300) {
    const refused = telling.refused(answer, words);
    return refused === undefined ? { kind: 'failed', why: 'answer-malformed' } : { kind: 'told', refused };
  }
  const trouble = telling.trouble?.(answer);
  if (trouble === 'wait') return { kind: 'wait', why: 'too-many-requests', retryAfter };
  if (trouble !== undefined) return { kind: 'failed', why: trouble };
  return { kind: aboutTheWords.has(status) ? 'refused' : 'failed', why: `http-${status}` };
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body, { exactIntegers: true });
  } catch {
    return undefined;
  }
}

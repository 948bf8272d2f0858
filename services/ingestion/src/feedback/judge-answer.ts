import { parseJson } from '@fairlead/platform';
import type { Exchange } from '@fairlead/platform/outgoing';
import { type Telling, TOKEN_REFUSED, TOO_OFTEN, type Trouble, type Word } from './telling.js';

/** What follows from an attempt to tell. */
export type Judged =
  /** `refused`: one by one, for good. */
  { readonly kind: 'told'; readonly refused: number } | Trouble;

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
  if (status === 429) return { ...TOO_OFTEN, retryAfter };
  // It will be renewed, and until then it would be refused for everything.
  if (status === 401 || status === 403) return TOKEN_REFUSED;
  const answer = parsed(beginning);
  const trouble = telling.trouble?.(answer);
  if (trouble) return trouble.kind === 'wait' ? { retryAfter, ...trouble } : trouble;
  if (status >= 200 && status < 300) {
    const refused = telling.refused(answer, words);
    return refused === undefined ? { kind: 'failed', why: 'answer-malformed' } : { kind: 'told', refused };
  }
  return { kind: aboutTheWords.has(status) ? 'refused' : 'failed', why: `http-${status}` };
}

function parsed(body: Buffer): unknown {
  try {
    return parseJson(body, { exactIntegers: true });
  } catch {
    return undefined;
  }
}

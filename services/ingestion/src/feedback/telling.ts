import type { FeedbackEntry } from './entry.js';

/** What is to be told to a tool about one of its own records. */
export interface Word {
  /** The tool's own id of it. */
  readonly externalId: string;
  /** The tool's own word for what became of it. */
  readonly word: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How a tool is told what became of the leads that it sent: a request about several of them, as its documents ask for. */
export interface Telling {
  /** Into what: a property, a field, a data set; and in words, for whoever gave something else. */
  readonly into: { readonly pattern: RegExp; readonly detail: string };
  /** What its ids are like; what is named otherwise did not come from it. */
  readonly ids: RegExp;
  /** After that it takes a word no more; undefined: at any time. */
  readonly withinMs?: number;
  readonly request: (words: readonly Word[], access: Access) => ToolRequest;
  /** How many of the words it refused, one by one, in an answer that says 2xx; undefined when that cannot be seen in it. */
  readonly refused: (answer: unknown, words: readonly Word[]) => number | undefined;
  /** What is wrong other than the words, where the status alone does not say it; `wait`: it was asked too often. */
  readonly trouble?: (answer: unknown) => string | undefined;
}

export interface Access {
  readonly baseUrl: string;
  readonly token: string;
  readonly into: string;
}

export interface ToolRequest {
  readonly method: 'POST' | 'PATCH';
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The tool's words by ours: `won`, or `returned.spam` for one reason alone. */
export type Words = Readonly<Record<string, string>>;

/** What of this the tool is told; of what it has no word for, nothing. */
export function wordsFor(
  entries: readonly FeedbackEntry[],
  words: Words,
  { ids, withinMs = Infinity }: Pick<Telling, 'ids' | 'withinMs'>,
  now: number,
): Word[] {
  return entries.flatMap((entry) => {
    const { externalId, at: text } = entry;
    const { what, reason } = saidBy(entry);
    const word = words[`${what}.${reason ?? ''}`] ?? words[what];
    const at = Date.parse(text);
    if (word === undefined || externalId === undefined || !ids.test(externalId) || now - at > withinMs) return [];
    return [{ externalId, word, at }];
  });
}

/** A correction of how much or when is no news to a tool, which would count it twice; and it has no word for what had not happened. */
function saidBy({ type, reason, was, is }: FeedbackEntry): {
  readonly what: string;
  readonly reason?: string | undefined;
} {
  if (!was) return { what: type.replace(/^lead\./, ''), reason };
  const isNews = is && (is.type !== was.type || is.reason !== was.reason);
  return isNews ? { what: is.type, reason: is.reason } : { what: '' };
}

/** Of several words about one record the last: a request may name each but once. */
export function lastOfEach(words: readonly Word[]): Word[] {
  return [...new Map(words.map((word) => [word.externalId, word])).values()];
}

/** What is sent as JSON, by whoever shows this token. */
export function asJson(token: string, value: unknown): Pick<ToolRequest, 'headers' | 'body'> {
  return {
    headers: { accept: 'application/json', authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(value),
  };
}

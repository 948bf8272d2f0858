import type { Grant } from './access-tokens.js';
import type { FeedbackEntry } from './entry.js';

/** What is to be told to a tool about one of its own records. */
export interface Word {
  /** The same whenever it is told: by it a tool that counts sees that it has it. */
  readonly id: string;
  /** The tool's own id of it. */
  readonly externalId: string;
  /** The tool's own word for what became of it. */
  readonly word: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly amount?: FeedbackEntry['amount'];
}

/** How a tool is told what became of the leads that it sent: a request about several of them, as its documents ask for. */
export interface Telling {
  /** Into what: a property, a field, a data set; and in words, for whoever gave something else. Undefined: its words say it. */
  readonly into?: { readonly pattern: RegExp; readonly detail: string };
  /** What its words are like, and how many different ones it takes; undefined: up to the people who made them. */
  readonly words?: { readonly pattern: RegExp; readonly detail: string; readonly most: number };
  /** It knows no lead by a name, and is told of the click that the lead came by. */
  readonly byClick?: true;
  /** It is told so that advertising reaches whom it should: nothing of whoever said that they do not agree. */
  readonly forAdvertising?: true;
  /** What its ids are like; what is named otherwise did not come from it. */
  readonly ids: RegExp;
  /** After that it takes a word no more; undefined: at any time. */
  readonly withinMs?: number;
  /** How a client gets its access tokens; undefined: the tool is shown a token that holds until somebody ends it. */
  readonly grant?: Grant;
  readonly request: (words: readonly Word[], access: Access, now: number) => ToolRequest;
  /** How many of the words it refused, one by one, in an answer that says 2xx; undefined when that cannot be seen in it. */
  readonly refused: (answer: unknown, words: readonly Word[]) => number | undefined;
  /** Why none of them was taken, where the status alone does not say it. */
  readonly trouble?: (answer: unknown) => Trouble | undefined;
}

/** Why nothing was taken. */
export type Trouble =
  /** It may be taken later. */
  | { readonly kind: 'failed'; readonly why: string }
  /** Something in it is wrong, and it would be the same the next time. */
  | { readonly kind: 'refused'; readonly why: string }
  /** It was asked too often; for so many seconds it wants to be left alone, as it said it. */
  | { readonly kind: 'wait'; readonly why: string; readonly retryAfter?: string | undefined };

/** Tokens are refused for everything until there is a new one. */
export const TOKEN_REFUSED = { kind: 'failed', why: 'token-refused' } as const;
export const TOO_OFTEN = { kind: 'wait', why: 'too-many-requests' } as const;

export interface Access {
  readonly baseUrl: string;
  readonly token: string;
  /** Empty where the tool's words say it. */
  readonly into: string;
  /** What it is told of people's consent; undefined: nothing. */
  readonly consent?: Consent | undefined;
}

/** To the use of what is told for advertising. */
export type Consent = (typeof consents)[number];
export const consents = ['granted', 'denied'] as const;

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
    const { id, externalId, at: text } = entry;
    const { what, reason, amount } = saidBy(entry);
    const word = words[`${what}.${reason ?? ''}`] ?? words[what];
    const at = Date.parse(text);
    if (word === undefined || externalId === undefined || !ids.test(externalId) || now - at > withinMs) return [];
    return [{ id, externalId, word, at, ...(amount && { amount }) }];
  });
}

/** A correction of how much or when is no news to a tool, which would count it twice; and it has no word for what had not happened. */
function saidBy({ type, reason, amount, was, is }: FeedbackEntry): {
  readonly what: string;
  readonly reason?: string | undefined;
  readonly amount?: FeedbackEntry['amount'];
} {
  if (!was) return { what: type.replace(/^lead\./, ''), reason, amount };
  const isNews = is && (is.type !== was.type || is.reason !== was.reason);
  return isNews ? { what: is.type, reason: is.reason, amount: is.amount } : { what: '' };
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

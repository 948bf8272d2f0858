import type { FieldError, Mapping } from '@fairlead/decisions';
import type { IncomingHttpHeaders } from 'node:http';
import type { Grant } from '../feedback/access-tokens.js';
import type { Trouble } from '../feedback/telling.js';
import type { Activity } from '../intake/rows.js';

/** What a tool has sent, before anything of it is believed. */
export interface Delivery {
  readonly method: string;
  /** As the tool spelt it, from the scheme on: one tool signs it. */
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  /** Without parameters, in lower case. */
  readonly contentType: string;
  /** As it came: signatures are over these bytes and no others. */
  readonly body: Buffer;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
}

/** What a source's deliveries are verified by. */
export interface Credentials {
  /** The newest first; the one before it is valid for a day longer. */
  readonly secrets: readonly string[];
  /** PEM */
  readonly publicKeys: readonly string[];
  /** What the tool says when it asks whether we are there; undefined: the secret. */
  readonly verifyToken: string | undefined;
}

/** `own-key`: the tool cannot sign; it shows the source's own key instead. */
export type Verdict = 'verified' | 'refused' | 'own-key';

/** What came of a delivery's items, in their order. `key`: by what an item is recognised when it is sent again. */
export type Arrival = {
  readonly key?: string;
} &
  /** @param clickId the click on an ad that it came by, where the tool is told by that */
  (
    | { readonly kind: 'lead'; readonly lead: Record<string, unknown>; readonly clickId?: string }
    | Activity
    /** All that is known is the tool's own name for it; the rest has to be asked for. */
    | { readonly kind: 'reference'; readonly reference: string }
    /** The tool tries whether it arrives. What it would have been, where it says so. */
    | { readonly kind: 'test'; readonly lead?: Record<string, unknown> }
    /** @param type the tool's word for it */
    | { readonly kind: 'unknown'; readonly type: string; readonly item: unknown }
    | { readonly kind: 'unusable'; readonly errors: readonly FieldError[] }
  );

/** What the reader of a source is told about it. */
export interface ReaderOptions {
  readonly mapping: Mapping | undefined;
  /** Whether what is only named can be asked for. */
  readonly canFetch: boolean;
  /** Milliseconds since the epoch: when nothing says otherwise, it happened now. */
  readonly now: number;
}

/** One tool's way to send: how it proves itself, and what its words mean. */
export interface SourceFormat {
  readonly verify: (delivery: Delivery, credentials: Credentials) => Verdict;
  /** What it wants to hear when it asks whether we are there; undefined: it is not the one that may ask. */
  readonly challenge?: (query: Readonly<Record<string, unknown>>, credentials: Credentials) => Challenge | undefined;
  /** The one status that the tool takes for success; undefined: any 2xx, and then 202 says best what is meant. */
  readonly success?: 200;
  /** Anything but JSON. */
  readonly contentTypes?: readonly string[];
  /** The parts of a delivery that stand for themselves. Never throws, whatever has been sent. */
  readonly read: (body: unknown, delivery: Delivery, options: ReaderOptions) => readonly Arrival[];
  readonly fetching?: Fetching;
}

export interface Challenge {
  readonly contentType: 'text/plain' | 'application/json';
  readonly body: string;
}

/** How a tool is asked for what its webhooks only name. */
export interface Fetching {
  /** How many may be asked for at once. */
  readonly batch: number;
  /**
   * It answers how somebody is by now, with the date of when they first came: what they did and whether they agree counts as of when
   * they were named. Undefined: it answers what they once said.
   */
  readonly isCurrent?: true;
  /** How a client gets access tokens, where there is one; undefined: the tool is shown a token that holds until somebody ends it. */
  readonly grant?: Grant;
  readonly request: (references: readonly string[], asked: FetchOptions, now: number) => FetchRequest;
  /**
   * Why there is no answer in it, where its status does not say so; undefined: as its status says. `refused` is about one of the
   * references, and the others are asked for without it; `failed` and `wait` are about all of them.
   */
  readonly trouble?: (answer: unknown) => FetchTrouble | undefined;
  /** What was answered about each reference; one that is not among them is not there any more, or not yet. */
  readonly read: (answer: unknown, options: ReaderOptions) => ReadonlyMap<string, Arrival>;
}

export interface FetchOptions {
  readonly baseUrl: string;
  readonly mapping: Mapping | undefined;
  /** Nothing but what a lead cannot do without: the tool has refused the rest. */
  readonly isBare?: boolean;
}

/** `too-many-fields`: it does not know one of those that were asked for. */
export type FetchTrouble = Trouble | { readonly kind: 'too-many-fields'; readonly why: string };

export interface FetchRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export function unusable(field: string, rule: string, detail: string): Extract<Arrival, { kind: 'unusable' }> {
  return { kind: 'unusable', errors: [{ field, rule, detail }] };
}

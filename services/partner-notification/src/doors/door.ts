import type { Exchange } from '@fairlead/platform/outgoing';

/** The ways to reach a party. */
export const KINDS = ['webhook', 'email', 'chat', 'digest'] as const;
export type Kind = (typeof KINDS)[number];

export const FLAVOURS = ['slack', 'teams'] as const;
export type Flavour = (typeof FLAVOURS)[number];

/** Where an endpoint is, by the way that leads there. */
export type Address =
  | { readonly kind: 'webhook'; readonly url: URL }
  | { readonly kind: 'email' | 'digest'; readonly to: readonly string[] }
  | { readonly kind: 'chat'; readonly url: URL; readonly flavour: Flavour };

/**
 * What came back from behind a door: an exchange over HTTP, or what another kind of server said. Its refusal has a word of its own, and
 * may be `final`: then the same would be refused every time.
 */
export type CameBack = Exchange | Refusal;

export interface Refusal {
  readonly outcome: 'refused';
  readonly why: string;
  readonly status: number | undefined;
  readonly final: boolean;
  readonly durationMs: number;
  /** The first bytes of what it said. */
  readonly beginning: Buffer;
}

/** What is said of one event to one endpoint. */
export interface Said {
  /** The same for every attempt. */
  readonly id: string;
  readonly eventType: string;
  /** The webhook's. What other doors say is made from it, so that none of them tells anything that a webhook would not. */
  readonly body: Buffer;
}

/** Sends; resolves with what came back, and never rejects. Everything around it is the same for all doors. */
export type Send = () => Promise<CameBack>;

import type { Amount, OfferStage } from './standing.js';

/** What a party (a partner, or direct) can say about an offer. */
export const answerTypes = ['accepted', 'declined', 'contacted', 'qualified', 'won', 'lost', 'returned'] as const;
export type AnswerType = (typeof answerTypes)[number];

/** One party's word on one offer. `at` is when it happened, in milliseconds since the epoch. */
export interface Answer {
  readonly type: AnswerType;
  readonly party: string;
  /** Which offer is meant; when not said, the party's latest one. */
  readonly offer?: number | undefined;
  readonly at: number;
  readonly reason?: string | undefined;
  readonly amount?: Amount | undefined;
}

/**
 * Which answer may follow which stage of an offer; the same for direct and partners. Steps may be skipped forward (a
 * partner that qualifies a lead has reached it, whether or not it said so), never backward. An opportunity is won or
 * lost, it is not returned. What is closed stays closed.
 */
export const mayFollow: Readonly<Record<OfferStage, readonly AnswerType[]>> = {
  offered: ['accepted', 'declined'],
  accepted: ['contacted', 'qualified', 'won', 'lost', 'returned'],
  contacted: ['qualified', 'won', 'lost', 'returned'],
  qualified: ['won', 'lost'],
  won: [],
  lost: [],
  returned: [],
  declined: [],
  expired: [],
  withdrawn: [],
};

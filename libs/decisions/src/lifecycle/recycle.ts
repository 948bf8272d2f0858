import { LEGACY_POLICY } from '../history/legacy.js';
import type { ReturnRule } from '../route/policy.js';
import { isReturned } from './advance.js';
import { currentOffer, type Offer, type Standing } from './standing.js';

/**
 * Whether a lead that was returned is offered again without a person's word: at once, once it has been completed or corrected, or not.
 * @param rule  of the pool and policy under which it was offered to whoever returned it; undefined: returned leads are closed there
 */
export function recyclingOf(standing: Standing, rule: ReturnRule | undefined): 'at-once' | 'once-repaired' | 'no' {
  if (!rule || !isReturned(standing)) return 'no';
  const reason = currentOffer(standing)?.reason ?? null;
  const isFor = (reasons: readonly string[]) => reason !== null && reasons.includes(reason);
  if (isFor(rule.never) || returnsOf(standing) > rule.times) return 'no';
  return isFor(rule.repair) ? 'once-repaired' : 'at-once';
}

function returnsOf({ offers }: Standing): number {
  return offers.filter(({ stage }) => stage === 'returned').length;
}

/**
 * Whether what was told anew may mend what a lead was returned for. What the person did since, and whether they agree, says nothing of
 * whether their address is right.
 * @param changed  fields that are known otherwise than before
 */
export function isRepair(changed: readonly string[]): boolean {
  return changed.some((field) => field !== 'consent' && !field.startsWith('engagement.'));
}

/** What a person's wish to offer a lead again comes to. */
export type RecycleVerdict =
  | { readonly outcome: 'taken'; readonly offer: Offer }
  /** It has been, after that offer was returned: nothing new to tell anyone. */
  | { readonly outcome: 'repeated'; readonly offer: Offer }
  | { readonly outcome: 'refused'; readonly why: 'lead-erased' | 'not-returned' | 'closed-elsewhere' };

/**
 * Whether a person may have the lead offered again: always, whatever the policy says, as long as its last offer was returned, and was one of
 * ours: a deal from elsewhere was never scored, and its source alone tells of it.
 * @param number  the offer that was returned; if not said, the last one
 */
export function judgeRecycling(standing: Standing, number?: number): RecycleVerdict {
  const current = currentOffer(standing);
  const meant = standing.offers.find((each) => each.number === (number ?? current?.number));
  if (standing.state === 'erased') return { outcome: 'refused', why: 'lead-erased' };
  if (!current || meant?.stage !== 'returned') return { outcome: 'refused', why: 'not-returned' };
  // Nobody here has routed it or could: it would wait for ever.
  if (meant.policy === LEGACY_POLICY) return { outcome: 'refused', why: 'closed-elsewhere' };
  return { outcome: meant === current && isReturned(standing) ? 'taken' : 'repeated', offer: meant };
}

import type { Quality } from './policy.js';
import { type RoutableLead, routeLead, type Rules } from './route-lead.js';
import { applyDecision, freePlace, newRoutingState, type RoutingState } from './routing-state.js';

/** A lead that came, and when. */
export interface DatedLead {
  readonly lead: RoutableLead;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

/** How many of the leads each policy gives to one party, from one pool and of one grade. */
export interface PreviewCount {
  readonly pool: string;
  readonly grade: Quality | 'not-qualified';
  /** Null: nobody. */
  readonly party: string | null;
  readonly proposed: number;
  readonly inForce: number;
}

export interface Preview {
  readonly leads: number;
  /** Leads that another party would be offered first. */
  readonly elsewhere: number;
  /** Leads that would be in a pool of another name. */
  readonly inAnotherPool: number;
  /** By pool, grade and party; what is 0 on both sides is not there. */
  readonly counts: readonly PreviewCount[];
}

/**
 * Decides the same leads under two sets of rules, each from the beginning: nobody is owed anything, no named account has
 * been taken. Only first offers are made, each answered at once: so caps on open leads bind at 0 alone, while those of a
 * day count as they would have. One step for each lead, so that a caller can see to other things in between, or stop.
 * @param leads  in the order in which they came
 */
export function* previewPolicy(
  leads: readonly DatedLead[],
  proposed: Rules,
  inForce: Rules,
): Generator<undefined, Preview, undefined> {
  const [there, here] = [newRoutingState(), newRoutingState()];
  const counts = new Map<string, PreviewCount>();
  const count = ({ pool, party }: Fate, { lead }: DatedLead, side: 'proposed' | 'inForce') => {
    const grade = lead.state === 'not-qualified' ? 'not-qualified' : (lead.grade ?? 'incomplete');
    const key = `${pool}/${grade}/${party ?? ''}`;
    const before = counts.get(key) ?? { pool, grade, party, proposed: 0, inForce: 0 };
    counts.set(key, { ...before, [side]: before[side] + 1 });
  };

  let elsewhere = 0;
  let inAnotherPool = 0;
  for (const each of leads) {
    const [would, does] = [fateOf(each, proposed, there), fateOf(each, inForce, here)];
    count(would, each, 'proposed');
    count(does, each, 'inForce');
    if (would.party !== does.party) elsewhere += 1;
    if (would.pool !== does.pool) inAnotherPool += 1;
    yield;
  }
  const inOrder = [...counts].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, row]) => row);
  return { leads: leads.length, elsewhere, inAnotherPool, counts: inOrder };
}

interface Fate {
  readonly pool: string;
  readonly party: string | null;
}

function fateOf({ lead, at }: DatedLead, rules: Rules, state: RoutingState): Fate {
  const decision = routeLead(lead, rules, state, at);
  applyDecision(state, decision.change, rules.roster);
  const { pool, quality } = decision.change;
  if (decision.outcome === 'unroutable') return { pool, party: null };
  const party = decision.data.to;
  freePlace(state, { pool, quality, party, paidBy: decision.paidBy }, rules.roster);
  return { pool, party };
}

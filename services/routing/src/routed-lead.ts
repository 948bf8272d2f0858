import type { LeadScored } from '@fairlead/events';
import type { EarlierOffers, MadeOffer, RoutableLead, RoutingDecision } from '@fairlead/decisions';
import type { RoutedLead } from './store/leads.store.js';

/** A lead as decisions look at it, from the event that judged it. */
export function routable({ data }: LeadScored): RoutableLead {
  const { state, grade, facts, sourceId, model } = data;
  return { state, grade, facts, sourceId, model: model.hash };
}

/** The same, from what was kept of it, after its current offer was refused. */
export function routableAgain(lead: RoutedLead, because: EarlierOffers['because']): RoutableLead {
  const { state, grade, facts, sourceId, model, pool, made, refusedBy, paidBy } = lead;
  return { state, grade, facts, sourceId, model, earlier: { pool, made, refusedBy, because, paidBy } };
}

/** The lead after a decision about it. */
export function decided(lead: RoutedLead, decision: RoutingDecision): RoutedLead {
  const { pool } = decision.change;
  if (decision.outcome === 'unroutable') {
    return { ...lead, pool, stage: 'unroutable', party: null, paidBy: null, acceptBy: null };
  }
  const { to, offer, acceptBy } = decision.data;
  return { ...lead, pool, stage: 'offered', made: offer, party: to, paidBy: decision.paidBy, acceptBy };
}

/** A lead that nothing was decided about yet. */
export function undecided(leadId: string, lead: RoutableLead): RoutedLead {
  const { state, grade, facts, sourceId, model } = lead;
  const nothing = { pool: '', stage: 'unroutable', made: 0, party: null, paidBy: null, acceptBy: null } as const;
  return { leadId, state, grade, facts, sourceId, model, ...nothing, refusedBy: [] };
}

/** The lead's current offer, if there is one. */
export function offerOf({ pool, grade, party, paidBy, stage }: RoutedLead): MadeOffer | undefined {
  if (party === null || (stage !== 'offered' && stage !== 'accepted')) return undefined;
  return { pool, quality: grade ?? 'incomplete', party, paidBy };
}

import type { LeadScored } from '@fairlead/events';
import {
  ABSORBED,
  type DecidedLead,
  type MadeOffer,
  NO_CONSENT,
  type OfferedAgain,
  type RoutableLead,
  type RoutingDecision,
} from '@fairlead/decisions';
import type { Judged, RoutedLead } from './store/leads.store.js';

/**
 * A lead as decisions look at it, from the event that judged it.
 * @param before  what was known of it: a score from before consent was told says nothing of it
 */
export function routable(
  { data }: LeadScored,
  before?: Partial<Pick<RoutedLead, 'consent'>> & Pick<RoutedLead, 'absorbed'>,
): RoutableLead {
  const { state, grade, facts, sourceId, model, consent = before?.consent ?? 'unknown' } = data;
  return { state, grade, facts, sourceId, model: model.hash, consent, ...(before?.absorbed && { absorbed: true }) };
}

/** The same, from what was kept of it, after its current offer has ended. */
export function routableAgain(lead: RoutedLead, because: OfferedAgain): RoutableLead {
  const { state, grade, facts, sourceId, model, consent, absorbed, pool, made, refusedBy, paidBy, recycledAfter } =
    lead;
  const earlier = { pool, made, refusedBy, because, paidBy, ...(recycledAfter > 0 && { recycledAfter }) };
  return { state, grade, facts, sourceId, model, consent, ...(absorbed && { absorbed }), earlier };
}

/** What is kept of a judgement by which nothing is decided yet. */
export function judgedBy({ state, grade, sourceId, model, facts }: RoutableLead): Judged {
  return { state, grade, sourceId, model, facts };
}

/** A lead whose last offer was returned, to be offered again: as it is judged by now, and not to whoever returned it. */
export function recycled(lead: RoutedLead): RoutedLead {
  const { judgedSince, party, refusedBy, made } = lead;
  return {
    ...lead,
    ...judgedSince,
    ...{ judgedSince: null, paidBy: null, recycledAfter: made },
    refusedBy: party === null ? refusedBy : [...refusedBy, party],
  };
}

/** What another word about the person's consent is weighed against. */
export function decidedLead({
  state,
  grade,
  pool,
  made,
  party,
  stage,
  lacksConsent,
  consent,
}: RoutedLead): DecidedLead {
  return { state, grade, pool, made, waitsFor: stage === 'offered' ? party : null, lacksConsent, consent };
}

/**
 * The lead after a decision about it.
 * @param because  why it was decided about
 */
export function decided(
  lead: RoutedLead,
  decision: RoutingDecision,
  because: OfferedAgain | 'first' = 'first',
): RoutedLead {
  const { pool } = decision.change;
  if (decision.outcome === 'unroutable') {
    const lacksConsent = decision.data.reason === NO_CONSENT;
    const withheld = decision.data.reason === ABSORBED ? because : null;
    return {
      ...lead,
      pool,
      stage: 'unroutable',
      party: null,
      chosen: null,
      paidBy: null,
      acceptBy: null,
      lacksConsent,
      withheld,
    };
  }
  const { to, offer, acceptBy, why } = decision.data;
  const chosen = why === 'override' ? lead.chosen : to;
  const offered = { made: offer, party: to, chosen, paidBy: decision.paidBy, acceptBy };
  return { ...lead, pool, stage: 'offered', ...offered, lacksConsent: false, withheld: null };
}

/** A lead that nothing was decided about yet. */
export function undecided(leadId: string, lead: RoutableLead): RoutedLead {
  const { state, grade, facts, sourceId, model, consent = 'unknown', absorbed = false } = lead;
  const nobody = { party: null, chosen: null, paidBy: null, acceptBy: null } as const;
  const nothing = { pool: '', stage: 'unroutable', made: 0, ...nobody } as const;
  return { leadId, state, grade, facts, sourceId, model, consent, absorbed, ...nothing, refusedBy: [], ...untouched };
}

const untouched = { lacksConsent: false, withheld: null, judgedSince: null, recycledAfter: 0 } as const;

/** The lead's current offer, if there is one. */
export function offerOf({ pool, grade, party, paidBy, stage }: RoutedLead): MadeOffer | undefined {
  if (party === null || (stage !== 'offered' && stage !== 'accepted')) return undefined;
  return { pool, quality: grade ?? 'incomplete', party, paidBy };
}

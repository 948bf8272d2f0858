import { type AnswerType, mayFollow } from './answer.js';
import { keptOf, mayBecome, type Outcome, reachedStage, reportedOf, sameOutcome } from './outcome.js';
import {
  type Amount,
  currentOffer,
  isLive,
  type LeadStage,
  type Offer,
  type OfferGrade,
  type OfferKind,
  type OfferStage,
  type Standing,
} from './standing.js';

/** One fact from a lead's events, in the few fields that its lifecycle depends on. */
export type Step =
  | { readonly type: 'received' | 'held' | 'completed' | 'rejected' | 'recycled' }
  | { readonly type: 'erased'; readonly at: number }
  | {
      readonly type: 'scored';
      readonly state: 'graded' | 'incomplete' | 'not-qualified';
      readonly grade: OfferGrade;
      readonly score: number;
    }
  | {
      readonly type: 'routed';
      readonly offer: number;
      readonly party: string;
      readonly pool: string;
      readonly policy: string;
      readonly grade: OfferGrade;
      readonly kind: OfferKind;
      readonly reveal: 'on-offer' | 'on-accept';
      readonly at: number;
      readonly acceptBy: number;
      /** As `writeTraits` writes them. */
      readonly traits: string | null;
    }
  /** A deal from elsewhere, as it is told last: whose it was, and all that became of it. */
  | { readonly type: 'imported'; readonly offer: Omit<Offer, 'stage'>; readonly outcome: OfferStage | 'open' }
  | { readonly type: 'unroutable'; readonly notQualified: boolean; readonly at: number }
  | { readonly type: 'overridden'; readonly at: number }
  | { readonly type: 'expired'; readonly offer: number; readonly at: number }
  | { readonly type: 'delivered'; readonly party: string; readonly at: number }
  | {
      readonly type: 'amended';
      readonly party: string;
      readonly offer: number;
      readonly was: Outcome;
      /** Null where nothing of the kind had happened. */
      readonly is: Outcome | null;
      /** When the correction was said. */
      readonly at: number;
    }
  | {
      readonly type: AnswerType;
      readonly party: string;
      readonly offer: number;
      readonly at: number;
      readonly reason?: string | undefined;
      readonly amount?: Amount | undefined;
    };

/**
 * The lead's standing after one more of its events. Total: an event that cannot follow changes nothing, because what is
 * in the log has happened and must fold without failing. Folding an event a second time changes nothing either.
 *
 * Where two events contradict each other, the lead's own order in the log decides: of an acceptance and the expiry of
 * the same offer, the first one counts; a later offer always replaces the one before it.
 */
export function advance(standing: Standing, step: Step): Standing {
  const next = stepped(standing, step);
  if (standing.state !== 'erased' || next === standing) return next;
  // An erased lead goes on being counted, but is never anything but erased to look at. An offer that was on its way when the
  // lead was erased is withdrawn as it is made: nobody can answer it.
  return { ...(step.type === 'routed' ? offerWithdrawn(next, step.at) : next), state: 'erased' };
}

function stepped(standing: Standing, step: Step): Standing {
  switch (step.type) {
    case 'received':
      return standing.state === 'new' ? { ...standing, state: 'received' } : standing;
    case 'rejected':
      return standing.state === 'new' ? { ...standing, state: 'rejected' } : standing;
    case 'held':
      return standing.state === 'new' || standing.state === 'received' ? { ...standing, state: 'held' } : standing;
    case 'completed':
      return standing.state === 'held' ? { ...standing, state: 'received' } : standing;
    case 'erased':
      return { ...offerWithdrawn(standing, step.at), state: 'erased' };
    case 'scored':
      return { ...standing, state: unlessOffered(standing, step.state), grade: step.grade, score: step.score };
    case 'routed':
      return routed(standing, step);
    case 'imported':
      return imported(standing, step);
    case 'unroutable': {
      const state = step.notQualified ? 'not-qualified' : 'unroutable';
      return { ...standing, state: unlessLive(standing, state) };
    }
    case 'overridden':
      return withdrawn(standing, step.at);
    case 'recycled':
      return isReturned(standing) ? { ...standing, state: 'recycled' } : standing;
    case 'expired':
      return changed(standing, step.offer, (offer) =>
        offer.stage === 'offered' ? { ...offer, stage: 'expired', closedAt: step.at } : offer,
      );
    case 'delivered':
      return delivered(standing, step);
    case 'amended':
      return changed(standing, step.offer, (offer) =>
        offer.party === step.party ? amended(offer, step, offer === currentOffer(standing)) : offer,
      );
    default:
      return changed(standing, step.offer, (offer) =>
        offer.party === step.party && mayFollow[offer.stage].includes(step.type) ? answered(offer, step) : offer,
      );
  }
}

/**
 * Scoring speaks of a lead that nobody has yet, or whose return was repaired; an offer once made says more. So does routing: a
 * lead that went to nobody stays that when it is judged once more, unless it is then routed.
 */
function unlessOffered(standing: Standing, state: LeadStage): LeadStage {
  const isRouted = standing.offers.length > 0 || standing.state === 'unroutable' || standing.state === 'not-qualified';
  return isRouted && standing.state !== 'recycled' ? standing.state : state;
}

/** The only leads that can be recycled: those whose last offer was returned, and that nothing has followed since. */
export function isReturned({ state }: Pick<Standing, 'state'>): boolean {
  return state === 'returned';
}

function unlessLive(standing: Standing, state: LeadStage): LeadStage {
  const current = currentOffer(standing);
  return current && isLive(current) ? standing.state : state;
}

function routed(standing: Standing, step: Step & { type: 'routed' }): Standing {
  const last = currentOffer(standing)?.number ?? 0;
  // Offers are numbered by the one place that makes them: a number that is not new is the same offer told again.
  if (step.offer <= last) return standing;
  const { offers } = withdrawn(standing, step.at);
  const offer: Offer = {
    number: step.offer,
    party: step.party,
    pool: step.pool,
    policy: step.policy,
    grade: step.grade,
    kind: step.kind,
    reveal: step.reveal,
    offeredAt: step.at,
    acceptBy: step.acceptBy,
    stage: 'offered',
    deliveredAt: null,
    acceptedAt: null,
    contactedAt: null,
    qualifiedAt: null,
    closedAt: null,
    reason: null,
    amount: null,
    traits: step.traits,
    corrections: [],
  };
  return { ...standing, state: 'offered', offers: [...offers, offer] };
}

/** What is told of a deal replaces what was told before; it says nothing of a lead that was offered here. */
function imported(standing: Standing, { offer, outcome }: Step & { type: 'imported' }): Standing {
  if (standing.offers.some(({ policy }) => policy !== offer.policy)) return standing;
  const isClosed = outcome === 'won' || outcome === 'lost' || outcome === 'returned';
  const stage = isClosed ? outcome : reachedStage(offer);
  return { ...standing, state: stage, grade: offer.grade, offers: [{ ...offer, stage }] };
}

/** Notes the first confirmation of the party's latest offer; it may come after the answer, or after the offer's end. */
function delivered(standing: Standing, { party, at }: Step & { type: 'delivered' }): Standing {
  const number = standing.offers.findLast((offer) => offer.party === party)?.number ?? 0;
  return changed(standing, number, (offer) => (offer.deliveredAt === null ? { ...offer, deliveredAt: at } : offer));
}

/** Takes the lead out of the hands that it is in, when it is in any. */
function withdrawn(standing: Standing, at: number): Standing {
  const current = currentOffer(standing);
  if (!current || !isLive(current)) return standing;
  return changed(standing, current.number, (offer) => ({ ...offer, stage: 'withdrawn', closedAt: at }));
}

/** Ends an offer that nobody has answered. Who has accepted the lead has had it, and is counted so. */
function offerWithdrawn(standing: Standing, at: number): Standing {
  return currentOffer(standing)?.stage === 'offered' ? withdrawn(standing, at) : standing;
}

/** Changes one offer. When its stage changes and it is the current one, the lead's own state follows. */
function changed(standing: Standing, number: number, change: (offer: Offer) => Offer): Standing {
  const position = standing.offers.findIndex((offer) => offer.number === number);
  const before = standing.offers[position];
  if (before === undefined) return standing;
  const after = change(before);
  if (after === before) return standing;
  const leads = position === standing.offers.length - 1 && after.stage !== before.stage;
  return { ...standing, state: leads ? after.stage : standing.state, offers: standing.offers.with(position, after) };
}

function answered(offer: Offer, step: Step & { type: AnswerType }): Offer {
  const { type: stage, at } = step;
  switch (stage) {
    case 'accepted':
      return { ...offer, stage, acceptedAt: at };
    case 'contacted':
      return { ...offer, stage, contactedAt: at };
    case 'qualified':
      return { ...offer, stage, qualifiedAt: at };
    case 'won':
      return { ...offer, stage, closedAt: at, amount: step.amount ?? null };
    case 'declined':
    case 'lost':
    case 'returned':
      return { ...offer, stage, closedAt: at, reason: step.reason ?? null };
  }
}

/**
 * The offer as it is with the correction; the one before, unless it is about what stands there: told a second time it corrects nothing.
 * What was closed by mistake is worked on, unless the lead has gone to somebody else meanwhile: nobody else loses it by that.
 */
function amended(offer: Offer, step: Step & { type: 'amended' }, isCurrent: boolean): Offer {
  const { was, at } = step;
  const is = step.is && keptOf(step.is);
  const stands = reportedOf(offer, was.type);
  if (!stands || !sameOutcome(stands, was) || !mayBecome[was.type].includes(is?.type ?? 'mistaken')) return offer;
  if (is && sameOutcome(stands, is)) return offer;
  const noted = { ...offer, corrections: [...offer.corrections, { was, is, at }] };
  switch (was.type) {
    case 'contacted':
      return restaged({ ...noted, contactedAt: is?.at ?? null });
    case 'qualified':
      return restaged({ ...noted, qualifiedAt: is?.at ?? null });
    default:
      if (is) return closed(noted, is);
      return isCurrent
        ? { ...noted, stage: reachedStage(noted), closedAt: null, reason: null, amount: null }
        : { ...noted, stage: 'withdrawn', closedAt: at, reason: null, amount: null };
  }
}

function closed(offer: Offer, { type, at, reason, amount }: Outcome): Offer {
  return { ...offer, stage: type, closedAt: at, reason: reason ?? null, amount: amount ?? null };
}

/** Of an offer that is worked: its stage is how far it has come. */
function restaged(offer: Offer): Offer {
  return offer.stage === 'contacted' || offer.stage === 'qualified' ? { ...offer, stage: reachedStage(offer) } : offer;
}

import { LEGACY_POLICY } from '../history/legacy.js';
import { type Answer, type AnswerType, mayFollow } from './answer.js';
import { sameOutcome } from './outcome.js';
import { currentOffer, type Offer, type OfferStage, type Standing } from './standing.js';

/**
 * Why an answer is not taken. Each is one stated outcome:
 * - `never-offered`: nobody was offered this lead (perhaps not yet);
 * - `not-offered-to-you`: others were, this party never; it may not even learn that the lead exists;
 * - `not-the-current-offer`: the answer names an offer that is not this party's latest, or the lead has moved on since;
 * - `offer-expired`: too late; the offer's clock ran out, whether or not anybody has said so yet;
 * - `offer-declined`, `offer-withdrawn`: this party gave the lead back, or it was taken away (an override);
 * - `not-accepted`: an outcome before the acceptance;
 * - `already-accepted`: a decline after the acceptance (it is returned instead);
 * - `already-closed`: won, lost or returned, and this would say something else;
 * - `step-back`: an earlier step reported after a later one;
 * - `not-returnable`: an opportunity is won or lost, not returned;
 * - `told-differently`: the same step was reported before with another reason or amount;
 * - `nothing-to-correct`: a correction of what was never reported, or was taken back;
 * - `not-amendable`: a correction to something that this outcome cannot have been (`mayBecome`);
 * - `corrected-too-often`: no more corrections of this offer are taken;
 * - `in-the-future`, `before-the-offer`: the time given cannot be;
 * - `closed-elsewhere`: a deal that was imported; what became of it is told by importing it again;
 * - `lead-erased`: nobody may work it any more.
 */
export type AnswerRefusal =
  | 'never-offered'
  | 'not-offered-to-you'
  | 'not-the-current-offer'
  | 'offer-expired'
  | 'offer-declined'
  | 'offer-withdrawn'
  | 'not-accepted'
  | 'already-accepted'
  | 'already-closed'
  | 'step-back'
  | 'not-returnable'
  | 'told-differently'
  | 'nothing-to-correct'
  | 'not-amendable'
  | 'corrected-too-often'
  | 'in-the-future'
  | 'before-the-offer'
  | 'closed-elsewhere'
  | 'lead-erased';

export type Verdict =
  | { readonly outcome: 'taken'; readonly offer: Offer }
  /** Said before, in the same words: the same result again, and nothing new to tell anyone. */
  | { readonly outcome: 'repeated'; readonly offer: Offer }
  | { readonly outcome: 'refused'; readonly why: AnswerRefusal; readonly offer?: Offer };

/** How far another's clock may run ahead of ours before a time that it gives counts as the future: NTP keeps far below. */
export const clockSkewMs = 60_000;

/**
 * Whether a party's answer may be taken now. The clock for accepting and declining is ours alone (`now`), since a party
 * could otherwise date an answer back; `answer.at` is only checked for being possible.
 * @param now milliseconds since the epoch
 */
export function judgeAnswer(standing: Standing, answer: Answer, now: number): Verdict {
  const current = currentOffer(standing);
  if (!current) return refused(standing.state === 'erased' ? 'lead-erased' : 'never-offered');
  const own = standing.offers.findLast((offer) => offer.party === answer.party);
  if (!own) return refused('not-offered-to-you');
  if (own.policy === LEGACY_POLICY) return refused('closed-elsewhere', own);
  if (answer.offer !== undefined && answer.offer !== own.number) return refused('not-the-current-offer', own);

  if (saidAndCorrected(own, answer)) return { outcome: 'repeated', offer: own };
  if (saidBefore(own, answer)) {
    return inSameWords(own, answer) ? { outcome: 'repeated', offer: own } : refused('told-differently', own);
  }
  if (standing.state === 'erased') return refused('lead-erased', own);
  if (!mayFollow[own.stage].includes(answer.type)) return refused(refusalOf(own.stage, answer.type), own);
  if (own.number !== current.number) return refused('not-the-current-offer', own);
  if (ranOut(own, now)) return refused('offer-expired', own);
  if (answer.at > now + clockSkewMs) return refused('in-the-future', own);
  if (answer.at < own.offeredAt - clockSkewMs) return refused('before-the-offer', own);
  return { outcome: 'taken', offer: own };
}

/** Whether the time to answer this offer is over and nobody has. */
export function ranOut({ stage, acceptBy }: Offer, now: number): boolean {
  return stage === 'offered' && now > acceptBy;
}

function refused(why: AnswerRefusal, offer?: Offer): Verdict {
  return offer ? { outcome: 'refused', why, offer } : { outcome: 'refused', why };
}

/**
 * Told again with the time that it had then: whoever sends a list once more says nothing new. With another time, or none, it is
 * what the party says now.
 */
function saidAndCorrected({ corrections }: Offer, { type, at, reason, amount }: Answer): boolean {
  return corrections.some(({ was }) => was.type === type && sameOutcome(was, { type: was.type, at, reason, amount }));
}

function saidBefore(offer: Offer, answer: Answer): boolean {
  switch (answer.type) {
    case 'accepted':
      return offer.acceptedAt !== null && offer.stage !== 'withdrawn';
    case 'contacted':
      return offer.contactedAt !== null;
    case 'qualified':
      return offer.qualifiedAt !== null;
    default:
      return offer.stage === answer.type;
  }
}

/** Its time may differ: a client that gives none, and repeats itself a second later, says the same thing. */
function inSameWords(offer: Offer, answer: Answer): boolean {
  switch (answer.type) {
    case 'declined':
    case 'lost':
    case 'returned':
      return (answer.reason ?? null) === offer.reason;
    case 'won':
      return answer.amount?.value === offer.amount?.value && answer.amount?.currency === offer.amount?.currency;
    default:
      return true;
  }
}

/** Why this answer cannot follow that stage: one reason for every pair that `mayFollow` leaves out. */
function refusalOf(stage: OfferStage, answer: AnswerType): AnswerRefusal {
  switch (stage) {
    case 'offered':
      return 'not-accepted';
    case 'expired':
      return 'offer-expired';
    case 'declined':
      return 'offer-declined';
    case 'withdrawn':
      return 'offer-withdrawn';
    case 'won':
    case 'lost':
    case 'returned':
      return 'already-closed';
    case 'accepted':
    case 'contacted':
    case 'qualified':
      if (answer === 'declined') return 'already-accepted';
      return answer === 'returned' ? 'not-returnable' : 'step-back';
  }
}

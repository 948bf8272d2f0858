import { LEGACY_POLICY } from '../history/legacy.js';
import { type AnswerRefusal, clockSkewMs } from './judge-answer.js';
import { mayBecome, type Outcome, reportedOf, sameOutcome, sameWords } from './outcome.js';
import { currentOffer, type Offer, type Standing } from './standing.js';

/** One party's correction of what it reported of one offer. */
export interface Amendment {
  readonly party: string;
  /** Which offer is meant, any that was made to the party; when not said, its latest one. */
  readonly offer?: number | undefined;
  /** What was reported, so that a correction which comes late, or twice, corrects nothing else. `at` only where it matters. */
  readonly corrects: Omit<Outcome, 'at'> & { readonly at?: number | undefined };
  /** What is right; undefined where nothing of the kind had happened. Its time, if not given, is that of what it corrects. */
  readonly is?: (Omit<Outcome, 'at'> & { readonly at?: number | undefined }) | undefined;
}

export type AmendmentVerdict =
  | { readonly outcome: 'taken'; readonly offer: Offer; readonly was: Outcome; readonly is: Outcome | null }
  /** Corrected so before, or so already: nothing new to tell anyone. */
  | { readonly outcome: 'repeated'; readonly offer: Offer }
  | { readonly outcome: 'refused'; readonly why: AnswerRefusal; readonly offer?: Offer };

/** Who corrects one outcome more often does not know what became of the lead; and all of them are kept with the offer. */
export const mostCorrections = 20;

/**
 * Whether a correction may be taken now. What the lead has come to since, elsewhere, does not stand in its way: it is about what this
 * party did.
 * @param now milliseconds since the epoch
 */
export function judgeAmendment(standing: Standing, amendment: Amendment, now: number): AmendmentVerdict {
  const refused = (why: AnswerRefusal, offer?: Offer): AmendmentVerdict =>
    offer ? { outcome: 'refused', why, offer } : { outcome: 'refused', why };
  if (!currentOffer(standing)) return refused(standing.state === 'erased' ? 'lead-erased' : 'never-offered');
  const { party, offer: number, corrects, is } = amendment;
  const latest = standing.offers.findLast((each) => each.party === party);
  if (!latest) return refused('not-offered-to-you');
  if (latest.policy === LEGACY_POLICY) return refused('closed-elsewhere', latest);
  const own = standing.offers.findLast((each) => each.party === party && each.number === (number ?? latest.number));
  if (!own) return refused('not-the-current-offer', latest);

  const stands = reportedOf(own, corrects.type);
  if (!stands || !isMeant(stands, corrects)) {
    if (own.corrections.some((each) => isMeant(each.was, corrects) && isSaid(each.is, is)))
      return { outcome: 'repeated', offer: own };
    return refused(stands ? 'told-differently' : 'nothing-to-correct', own);
  }
  if (!mayBecome[corrects.type].includes(is?.type ?? 'mistaken')) return refused('not-amendable', own);
  const right = is ? { ...is, at: is.at ?? stands.at } : null;
  if (right && sameOutcome(stands, right)) return { outcome: 'repeated', offer: own };
  if (standing.state === 'erased') return refused('lead-erased', own);
  if (own.corrections.length >= mostCorrections) return refused('corrected-too-often', own);
  if (right && right.at > now + clockSkewMs) return refused('in-the-future', own);
  if (right && right.at < own.offeredAt - clockSkewMs) return refused('before-the-offer', own);
  return { outcome: 'taken', offer: own, was: stands, is: right };
}

function isMeant(stands: Outcome, { at, ...words }: Amendment['corrects']): boolean {
  return sameWords(stands, words) && (at === undefined || at === stands.at);
}

function isSaid(corrected: Outcome | null, is: Amendment['is']): boolean {
  if (!corrected || !is) return corrected === null && is === undefined;
  return sameWords(corrected, is) && (is.at === undefined || is.at === corrected.at);
}

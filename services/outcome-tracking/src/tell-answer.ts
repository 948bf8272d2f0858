import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  LeadAccepted,
  LeadAmended,
  LeadContacted,
  LeadDeclined,
  LeadLost,
  LeadQualified,
  LeadReturned,
  LeadWon,
  type Reason,
  type Sealed,
} from '@fairlead/events';
import {
  type AmendmentVerdict,
  judgeAmendment,
  judgeAnswer,
  type Offer,
  type Outcome,
  type Standing,
  type Verdict,
} from '@fairlead/decisions';
import type { Given, GivenAmendment, GivenAnswer } from './given-answer.js';
import type { PendingAnswer } from './pending-answer.js';

type TakenAmendment = Extract<AmendmentVerdict, { readonly outcome: 'taken' }>;

export function judge(standing: Standing, given: Given, now: number): Verdict | AmendmentVerdict {
  return isAmendment(given)
    ? judgeAmendment(standing, given, now)
    : judgeAnswer(standing, { ...given, at: given.at ?? now }, now);
}

/**
 * There is one event of a type for an offer between one correction of it and the next, however often it is asked for: its id says so.
 * What was taken back can be reported again.
 */
export function eventIdOf(given: Given, { number, corrections }: Offer): string {
  const { length } = corrections;
  if (isAmendment(given)) return derivedId(given.leadId, LeadAmended.type, `${number}/${length + 1}`);
  return derivedId(given.leadId, `lead.${given.type}`, length === 0 ? String(number) : `${number}/${length}`);
}

/**
 * What is said when it is taken.
 * @param verdict  on it, which is that
 */
export function tell(
  given: Given,
  verdict: Extract<Verdict | AmendmentVerdict, { readonly outcome: 'taken' }>,
  note: typeof Sealed.static | undefined,
  now: number,
): { readonly pending: PendingAnswer; readonly event: EncodedEvent } {
  return isAmendment(given)
    ? tellAmendment(given, verdict as TakenAmendment, note, now)
    : tellAnswer(given, verdict.offer, note, now);
}

function isAmendment(given: Given): given is GivenAmendment {
  return 'corrects' in given;
}

function tellAmendment(
  given: GivenAmendment,
  { offer, was, is }: TakenAmendment,
  note: typeof Sealed.static | undefined,
  now: number,
): ReturnType<typeof tell> {
  const eventId = eventIdOf(given, offer);
  const { party, leadId: subject, actor } = given;
  const step = { type: 'amended', party, offer: offer.number, was, is, at: now } as const;
  const event = encodeEvent(LeadAmended, {
    ...{ id: eventId, source: '/outcome-tracking', subject, time: now },
    data: {
      ...{ party, offer: offer.number, correction: offer.corrections.length + 1 },
      ...{ was: told(was), ...(is && { is: told(is) }), at: now, actor },
      ...(note && { note }),
    },
  });
  return { pending: { eventId, step }, event };
}

function told({ type, at, reason, amount }: Outcome) {
  return { type, at, ...(reason !== undefined && { reason }), ...(amount && { amount: { ...amount } }) };
}

function tellAnswer(
  given: GivenAnswer,
  made: Offer,
  sealedNote: typeof Sealed.static | undefined,
  now: number,
): ReturnType<typeof tell> {
  const eventId = eventIdOf(given, made);
  const { number: offer } = made;
  const { type, party, leadId: subject, actor } = given;
  const at = given.at ?? now;
  const common = { id: eventId, source: '/outcome-tracking', subject, time: now };
  const note = sealedNote && { note: sealedNote };
  const reason = given.reason as Reason;
  const said = (event: EncodedEvent) => ({
    pending: { eventId, step: { type, party, at, offer, reason: given.reason, amount: given.amount } },
    event,
  });
  switch (type) {
    case 'accepted':
      return said(encodeEvent(LeadAccepted, { ...common, data: { party, offer, at, actor } }));
    case 'declined':
      return said(encodeEvent(LeadDeclined, { ...common, data: { party, offer, reason, at, ...note } }));
    case 'contacted':
      return said(encodeEvent(LeadContacted, { ...common, data: { party, offer, at, ...note } }));
    case 'qualified':
      return said(encodeEvent(LeadQualified, { ...common, data: { party, offer, at, ...note } }));
    case 'won': {
      const amount = given.amount && { amount: { ...given.amount } };
      return said(encodeEvent(LeadWon, { ...common, data: { party, offer, at, ...amount, ...note } }));
    }
    case 'lost':
      return said(encodeEvent(LeadLost, { ...common, data: { party, offer, at, reason, ...note } }));
    case 'returned':
      return said(encodeEvent(LeadReturned, { ...common, data: { party, offer, at, reason, ...note } }));
  }
}

import { Injectable } from '@nestjs/common';
import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  LeadAccepted,
  LeadContacted,
  LeadDeclined,
  LeadLost,
  LeadQualified,
  LeadReturned,
  LeadWon,
  type Reason,
  type Sealed,
} from '@fairlead/events';
import { type Answer, judgeAnswer, type Verdict } from '@fairlead/decisions';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { LeadWasErased, PersonalData } from '@fairlead/personal-data';
import { standingNow } from './pending-answer.js';
import { IdempotencyKeysStore } from './store/idempotency-keys.store.js';
import { LeadsStore, type TrackedLead } from './store/leads.store.js';

/** An answer as a party gave it. */
export interface GivenAnswer extends Omit<Answer, 'at'> {
  readonly leadId: string;
  /** Milliseconds since the epoch; now, if not given. */
  readonly at?: number | undefined;
  readonly note?: string | undefined;
  /** Id of the key that gave it, or on whose behalf it was given. */
  readonly actor: string;
  readonly idempotency?: { readonly key: string; readonly request: Buffer } | undefined;
}

/** `lead` is undefined when nothing is known of it. */
export type Taken =
  | { readonly outcome: 'taken' | 'repeated'; readonly lead: TrackedLead }
  | { readonly outcome: 'refused'; readonly why: Refused['why']; readonly lead: TrackedLead | undefined }
  | { readonly outcome: 'key-used-for-another-request' };
type Refused = Extract<Verdict, { outcome: 'refused' }>;

/**
 * A partner can answer a webhook before this service has read the offer from the log. Two seconds outlast any ordinary
 * delay there; whoever still finds nothing is told to come again.
 */
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 250;
/** Requests that wait at once, each costing a look at the database now and then; more are answered right away. */
const MAX_WAITING = 200;

@Injectable()
export class TakeAnswer {
  #waiting = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly idempotencyKeys: IdempotencyKeysStore,
    private readonly personalData: PersonalData,
  ) {}

  /** One answer for one lead, judged and said while the lead is locked: of two at once the second sees the first. */
  async take(answer: GivenAnswer): Promise<Taken> {
    const note = await this.#sealedNote(answer);
    if (note && 'refused' in note) return note.refused;
    const attempt = await this.#attempt(answer, note);
    if (!attempt.mayYetCome) return attempt.taken;
    const seen = await this.#awaited(answer);
    return mayYetCome(seen, answer) ? withoutEffect(seen) : (await this.#attempt(answer, note)).taken;
  }

  async #attempt(answer: GivenAnswer, note: SealedNote | undefined): Promise<{ taken: Taken; mayYetCome: boolean }> {
    return this.units.run(async (unit) => {
      const lead = (await this.leads.lock(unit, [answer.leadId])).get(answer.leadId);
      const verdict = lead && judge(lead, answer, unit.now);
      if (!lead || verdict?.outcome !== 'taken') {
        const seen = { lead, verdict };
        return { taken: withoutEffect(seen), mayYetCome: mayYetCome(seen, answer) };
      }
      const { idempotency } = answer;
      const bound =
        !idempotency || (await this.idempotencyKeys.bind(unit, answer.actor, idempotency.key, idempotency.request));
      if (!bound) return final({ outcome: 'key-used-for-another-request' });
      const eventId = eventIdOf(answer, verdict.offer.number);
      // A new offer came in since the note was sealed; the party has not seen that offer either.
      if (note && note.eventId !== eventId) return final({ outcome: 'refused', why: 'not-the-current-offer', lead });

      const said = { ...answer, at: answer.at ?? unit.now, offer: verdict.offer.number };
      const { type, party, at, offer, reason, amount } = said;
      const pending = [...lead.pending, { eventId, step: { type, party, at, offer, reason, amount } }];
      const after = { ...lead, pending };
      await this.leads.save(unit, [{ before: lead, after }]);
      unit.say([toEvent(eventId, said, note?.sealed, unit)]);
      return final({ outcome: 'taken', lead: after });
    });
  }

  /** Looks without locking, for a while, until an offer has come in that this answer could be about. */
  async #awaited(answer: GivenAnswer): Promise<Seen> {
    let seen = await this.#look(answer);
    if (this.#waiting >= MAX_WAITING) return seen;
    const until = Date.now() + WAIT_MS;
    this.#waiting += 1;
    try {
      for (let pauseMs = FIRST_PAUSE_MS; mayYetCome(seen, answer) && Date.now() < until; pauseMs *= 2) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, LONGEST_PAUSE_MS)));
        seen = await this.#look(answer);
      }
      return seen;
    } finally {
      this.#waiting -= 1;
    }
  }

  async #look(answer: GivenAnswer): Promise<Seen> {
    const lead = await this.leads.find(this.units.query, answer.leadId);
    return { lead, verdict: lead && judge(lead, answer, Date.now()) };
  }

  /**
   * Sealed before the lead is locked, because the keys live in another database; and only when the answer would be taken,
   * so that nobody has keys made for leads that are none of theirs.
   */
  async #sealedNote(answer: GivenAnswer): Promise<SealedNote | { readonly refused: Taken } | undefined> {
    if (answer.note === undefined) return undefined;
    const { lead, verdict } = await this.#awaited(answer);
    if (verdict?.outcome !== 'taken') return { refused: withoutEffect({ lead, verdict }) };
    const eventId = eventIdOf(answer, verdict.offer.number);
    const place = { leadId: answer.leadId, eventId, field: 'note' };
    try {
      const [sealed] = await this.personalData.seal([{ ...place, value: answer.note }]);
      return sealed && { eventId, sealed };
    } catch (error) {
      // A lead's keys go before the event that says so has come in here.
      if (error instanceof LeadWasErased) return { refused: { outcome: 'refused', why: 'lead-erased', lead } };
      throw error;
    }
  }
}

/** `verdict` is undefined when nothing is known of the lead. */
interface Seen {
  readonly lead: TrackedLead | undefined;
  readonly verdict: Verdict | undefined;
}

interface SealedNote {
  readonly eventId: string;
  readonly sealed: typeof Sealed.static;
}

/** There is one event of a type for an offer, however often it is asked for: its id says so. */
function eventIdOf({ leadId, type }: GivenAnswer, offer: number): string {
  return derivedId(leadId, `lead.${type}`, String(offer));
}

function final(taken: Taken): { taken: Taken; mayYetCome: boolean } {
  return { taken, mayYetCome: false };
}

function judge(lead: TrackedLead, answer: GivenAnswer, now: number): Verdict {
  return judgeAnswer(standingNow(lead), { ...answer, at: answer.at ?? now }, now);
}

/** Nothing is known yet of an offer that this answer could be about. */
function mayYetCome({ verdict }: Seen, { offer }: GivenAnswer): boolean {
  if (!verdict) return true;
  if (verdict.outcome !== 'refused') return false;
  if (verdict.why === 'never-offered' || verdict.why === 'not-offered-to-you') return true;
  return offer !== undefined && verdict.offer !== undefined && offer > verdict.offer.number;
}

function withoutEffect({ lead, verdict }: Seen): Taken {
  if (!lead || !verdict) return { outcome: 'refused', why: 'never-offered', lead: undefined };
  if (verdict.outcome === 'refused') return { outcome: 'refused', why: verdict.why, lead };
  return { outcome: verdict.outcome, lead };
}

function toEvent(
  id: string,
  answer: GivenAnswer & { readonly at: number; readonly offer: number },
  sealedNote: SealedNote['sealed'] | undefined,
  { now }: UnitOfWork,
): EncodedEvent {
  const { party, offer, at, leadId: subject, actor } = answer;
  const common = { id, source: '/outcome-tracking', subject, time: now };
  const note = sealedNote && { note: sealedNote };
  const reason = answer.reason as Reason;
  switch (answer.type) {
    case 'accepted':
      return encodeEvent(LeadAccepted, { ...common, data: { party, offer, at, actor } });
    case 'declined':
      return encodeEvent(LeadDeclined, { ...common, data: { party, offer, reason, at, ...note } });
    case 'contacted':
      return encodeEvent(LeadContacted, { ...common, data: { party, offer, at, ...note } });
    case 'qualified':
      return encodeEvent(LeadQualified, { ...common, data: { party, offer, at, ...note } });
    case 'won': {
      const amount = answer.amount && { amount: { ...answer.amount } };
      return encodeEvent(LeadWon, { ...common, data: { party, offer, at, ...amount, ...note } });
    }
    case 'lost':
      return encodeEvent(LeadLost, { ...common, data: { party, offer, at, reason, ...note } });
    case 'returned':
      return encodeEvent(LeadReturned, { ...common, data: { party, offer, at, reason, ...note } });
  }
}

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
    const seen = await this.#whenOffered(answer);
    if (seen.verdict?.outcome !== 'taken') return refusedOr(seen);

    // Sealed before the lock, because the keys live in another database. The event's id is known by now: there is one
    // event of this type for this offer, however often it is asked for.
    const { number } = seen.verdict.offer;
    const eventId = derivedId(answer.leadId, `lead.${answer.type}`, String(number));
    const note = await this.#seal(answer, eventId);
    if (note === 'erased') return { outcome: 'refused', why: 'lead-erased', lead: seen.lead };

    return this.units.run(async (unit): Promise<Taken> => {
      const { idempotency } = answer;
      if (idempotency && !(await this.idempotencyKeys.bind(unit, answer.actor, idempotency.key, idempotency.request)))
        return { outcome: 'key-used-for-another-request' };
      const lead = (await this.leads.lock(unit, [answer.leadId])).get(answer.leadId);
      const verdict = lead && judge(lead, answer, unit.now);
      if (!lead || verdict?.outcome !== 'taken') return refusedOr({ lead, verdict });
      // A new offer came in between, for which the note was not sealed; the party has not seen that offer either.
      if (verdict.offer.number !== number) return { outcome: 'refused', why: 'not-the-current-offer', lead };

      const said = { ...answer, at: answer.at ?? unit.now, offer: number };
      const { type, party, at, offer, reason, amount } = said;
      const pending = [...lead.pending, { eventId, step: { type, party, at, offer, reason, amount } }];
      const after = { ...lead, pending };
      await this.leads.save(unit, [{ before: lead, after }]);
      unit.say([toEvent(eventId, said, note, unit)]);
      return { outcome: 'taken', lead: after };
    });
  }

  /** Looks without locking, and again for a while when the offer may just not have come in yet. */
  async #whenOffered(answer: GivenAnswer): Promise<Seen> {
    const until = Date.now() + WAIT_MS;
    let seen = await this.#look(answer);
    if (!mayYetCome(seen, answer) || this.#waiting >= MAX_WAITING) return seen;
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

  async #seal({ leadId, note }: GivenAnswer, eventId: string): Promise<SealedNote | 'erased' | undefined> {
    if (note === undefined) return undefined;
    try {
      const [sealed] = await this.personalData.seal([{ leadId, eventId, field: 'note', value: note }]);
      return sealed;
    } catch (error) {
      // Its keys go first; the event that says so is still on its way here.
      if (error instanceof LeadWasErased) return 'erased';
      throw error;
    }
  }
}

type SealedNote = typeof Sealed.static;

interface Seen {
  readonly lead: TrackedLead | undefined;
  readonly verdict: Verdict | undefined;
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

function refusedOr({ lead, verdict }: Seen): Taken {
  if (!lead || !verdict) return { outcome: 'refused', why: 'never-offered', lead: undefined };
  if (verdict.outcome === 'refused') return { outcome: 'refused', why: verdict.why, lead };
  return { outcome: verdict.outcome, lead };
}

function toEvent(
  id: string,
  answer: GivenAnswer & { readonly at: number; readonly offer: number },
  sealedNote: SealedNote | undefined,
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

import { Injectable } from '@nestjs/common';
import type { AnswerRefusal } from '@fairlead/decisions';
import { LeadWasErased, PersonalData } from '@fairlead/personal-data';
import { AnswerDesk, type Outcome, type SealedNote, type Seen } from './answer-desk.js';
import type { Given } from './given-answer.js';
import type { TrackedLead } from './store/leads.store.js';
import { eventIdOf } from './tell-answer.js';

/** `lead` is undefined when nothing is known of it. */
export type Taken =
  | { readonly outcome: 'taken' | 'repeated'; readonly lead: TrackedLead }
  | { readonly outcome: 'refused'; readonly why: AnswerRefusal; readonly lead: TrackedLead | undefined }
  | { readonly outcome: 'key-used-for-another-request' };

/**
 * A partner can answer a webhook before this service has read the offer from the log. Two seconds outlast any ordinary
 * delay there; whoever still finds nothing is told to come again.
 */
const WAIT_MS = 2_000;
const FIRST_PAUSE_MS = 15;
const LONGEST_PAUSE_MS = 250;
/** Requests that wait at once, each costing a look at the database now and then; more are answered right away. */
const MAX_WAITING = 200;

/** One answer for one lead, from the request to the event. */
@Injectable()
export class TakeAnswer {
  #waiting = 0;

  constructor(
    private readonly desk: AnswerDesk,
    private readonly personalData: PersonalData,
  ) {}

  /** @param waits  for an offer that may yet come in; not for one of many, all of which would wait */
  async take(answer: Given, { waits = true } = {}): Promise<Taken> {
    const note = await this.#sealedNote(answer, waits);
    if (note && 'refused' in note) return note.refused;
    const outcome = await this.desk.judge(answer, note);
    if (!waits || !mayYetCome(outcome, answer)) return taken(outcome);
    const seen = await this.#awaited(answer);
    return taken(mayYetCome(seen, answer) ? seen : await this.desk.judge(answer, note));
  }

  /** Looks, for a while, until an offer has come in that this answer could be about. */
  async #awaited(answer: Given): Promise<Seen> {
    let seen = await this.desk.look(answer);
    if (this.#waiting >= MAX_WAITING) return seen;
    const until = Date.now() + WAIT_MS;
    this.#waiting += 1;
    try {
      for (let pauseMs = FIRST_PAUSE_MS; mayYetCome(seen, answer) && Date.now() < until; pauseMs *= 2) {
        await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, LONGEST_PAUSE_MS)));
        seen = await this.desk.look(answer);
      }
      return seen;
    } finally {
      this.#waiting -= 1;
    }
  }

  /**
   * Sealed before the lead is locked, because the keys live in another database; and only when the answer would be taken,
   * so that nobody has keys made for leads that are none of theirs.
   */
  async #sealedNote(answer: Given, waits: boolean): Promise<SealedNote | { readonly refused: Taken } | undefined> {
    if (answer.note === undefined) return undefined;
    const seen = await (waits ? this.#awaited(answer) : this.desk.look(answer));
    if (seen.verdict?.outcome !== 'taken') return { refused: taken(seen) };
    const eventId = eventIdOf(answer, seen.verdict.offer);
    const place = { leadId: answer.leadId, eventId, field: 'note' };
    try {
      const [sealed] = await this.personalData.seal([{ ...place, value: answer.note }]);
      return sealed && { eventId, sealed };
    } catch (error) {
      // A lead's keys go before the event that says so has come in here.
      if (error instanceof LeadWasErased)
        return { refused: { outcome: 'refused', why: 'lead-erased', lead: seen.lead } };
      throw error;
    }
  }
}

/** Nothing is known yet of an offer that this answer could be about. */
function mayYetCome(outcome: Outcome, { offer }: Given): boolean {
  if (outcome === 'key-used-for-another-request') return false;
  const { verdict } = outcome;
  if (!verdict) return true;
  if (verdict.outcome !== 'refused') return false;
  if (verdict.why === 'never-offered' || verdict.why === 'not-offered-to-you') return true;
  // No offer will come; but an answer at once would tell a partner that a lead it was never offered had existed.
  if (verdict.why === 'lead-erased' && verdict.offer === undefined) return true;
  return offer !== undefined && verdict.offer !== undefined && offer > verdict.offer.number;
}

function taken(outcome: Outcome): Taken {
  if (outcome === 'key-used-for-another-request') return { outcome };
  const { lead, verdict } = outcome;
  if (!lead || !verdict) return { outcome: 'refused', why: 'never-offered', lead: undefined };
  if (verdict.outcome === 'refused') return { outcome: 'refused', why: verdict.why, lead };
  return { outcome: verdict.outcome, lead };
}

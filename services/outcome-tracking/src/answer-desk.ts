import { Injectable } from '@nestjs/common';
import type { EncodedEvent, Sealed } from '@fairlead/events';
import type { AmendmentVerdict, Verdict } from '@fairlead/decisions';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import type { Given } from './given-answer.js';
import { standingNow } from './pending-answer.js';
import { IdempotencyKeysStore } from './store/idempotency-keys.store.js';
import { type LeadChange, LeadsStore, type TrackedLead } from './store/leads.store.js';
import { eventIdOf, judge, tell } from './tell-answer.js';

export interface SealedNote {
  /** The event that it was sealed for. */
  readonly eventId: string;
  readonly sealed: typeof Sealed.static;
}

/** What is known of a lead and an answer to it; `verdict` is undefined when nothing is known of the lead. */
export interface Seen {
  readonly lead: TrackedLead | undefined;
  readonly verdict: Verdict | AmendmentVerdict | undefined;
}

export type Outcome = Seen | 'key-used-for-another-request';

interface Job {
  readonly answer: Given;
  readonly note: SealedNote | undefined;
  readonly done: (outcome: Outcome) => void;
  readonly failed: (error: unknown) => void;
}

/** Few statements for many answers; a transaction stays some milliseconds long. */
const MAX_BATCH = 100;
/** While one waits for its commit the next can work. More would only take connections from those who read. */
const MAX_BATCHES = 2;

/**
 * Judges answers and says those that are taken. Answers that come in while others are being written are written
 * together: one answer costs a short transaction, a hundred at once cost little more than one.
 */
@Injectable()
export class AnswerDesk {
  readonly #jobs: Job[] = [];
  #batches = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly idempotencyKeys: IdempotencyKeysStore,
  ) {}

  /** The verdict on the answer; when it is `taken`, it has been said, and `lead` has it. */
  judge(answer: Given, note?: SealedNote): Promise<Outcome> {
    return new Promise((done, failed) => {
      this.#jobs.push({ answer, note, done, failed });
      if (this.#batches < MAX_BATCHES) void this.#work();
    });
  }

  /** Looks without locking, and without saying anything. */
  async look(answer: Given): Promise<Seen> {
    const lead = await this.leads.find(this.units.query, answer.leadId);
    return { lead, verdict: lead && verdictOn(lead, answer, Date.now()) };
  }

  async #work(): Promise<void> {
    this.#batches += 1;
    // One turn of the event loop, so that requests that have arrived together are taken together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#jobs.length > 0) await this.#take(this.#jobs.splice(0, MAX_BATCH));
    this.#batches -= 1;
  }

  async #take(jobs: readonly Job[]): Promise<void> {
    try {
      const outcomes = await this.units.run((unit) => this.#together(jobs, unit));
      jobs.forEach(({ done }, index) => done(outcomes[index] as Outcome));
    } catch (error) {
      if (jobs.length > 1 && !isTransient(error)) {
        // One of them cannot be judged, by a fault of ours; the others must not suffer for it.
        for (const each of jobs) await this.#take([each]);
        return;
      }
      for (const { failed } of jobs) failed(error);
    }
  }

  async #together(jobs: readonly Job[], unit: UnitOfWork): Promise<Outcome[]> {
    const requests = jobs.map(({ answer }) => answer.idempotency);
    // Before the leads are locked, in every batch, so that two batches never wait for one another crosswise.
    const bound = await this.idempotencyKeys.bind(unit, requests);
    const known = await this.leads.lock(unit, [...new Set(jobs.map(({ answer }) => answer.leadId))]);

    const now = new Map(known);
    const events: EncodedEvent[] = [];
    const outcomes = jobs.map(({ answer, note }, index): Outcome => {
      if (!bound[index]) return 'key-used-for-another-request';
      const lead = now.get(answer.leadId);
      const verdict = lead && verdictOn(lead, answer, unit.now);
      if (!lead || verdict?.outcome !== 'taken') return { lead, verdict };
      // A new offer, or a correction, came in since the note was sealed; the party has not seen that either.
      if (note && note.eventId !== eventIdOf(answer, verdict.offer))
        return { lead, verdict: { outcome: 'refused', why: 'not-the-current-offer' } };

      const { pending, event } = tell(answer, verdict, note?.sealed, unit.now);
      const after = { ...lead, pending: [...lead.pending, pending] };
      now.set(lead.id, after);
      events.push(event);
      return { lead: after, verdict };
    });

    const changes = [...now].flatMap(([id, after]): LeadChange[] => {
      const before = known.get(id);
      return before === after ? [] : [{ before, after }];
    });
    this.leads.savePending(unit, changes);
    unit.say(events);
    return outcomes;
  }
}

function verdictOn(lead: TrackedLead, answer: Given, now: number): Verdict | AmendmentVerdict {
  return judge(standingNow(lead), answer, now);
}

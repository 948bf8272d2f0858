import { derivedId, type FairleadEvent, type LeadScored } from '@fairlead/events';
import type { Model } from '../score/model.js';
import { isScoreCause, scorable, type Scorable } from '../score/scorable.js';
import { scoreLead } from '../score/score-lead.js';
import { RuleMissing, type RuleHistory } from './rule-history.js';

/** What was decided once more, and what it should have come to. */
export type Rescored =
  | { readonly recorded: LeadScored; readonly again: LeadScored['data'] }
  | { readonly recorded: LeadScored; readonly undecidable: string };

interface Arrived extends Scorable {
  readonly eventId: string;
}

/** So many times a lead may be heard of before one of them is judged: twenty batches, each of about a kilobyte an event. */
const MAX_ARRIVED = 10_000;

/** Scores leads once more, from what came in and the models that the log tells. */
export class ScoreReplay {
  /** What is to be scored next, by lead, in the order in which it came: not all of it is judged, and the score may come late. */
  private readonly arrived = new Map<string, Arrived[]>();

  /** @param instead  another model than those that leads were scored with */
  constructor(
    private readonly rules: RuleHistory,
    private readonly instead?: Model,
  ) {}

  /** How many leads came in complete and were not scored: their scores may be in the part of the log that is missing. */
  get unscored(): number {
    return this.arrived.size;
  }

  /** @returns the score once more, for an event that tells one */
  read(event: FairleadEvent): Rescored | undefined {
    if (event.type === 'lead.scored') return this.rescore(event as LeadScored);
    const arrived = isScoreCause(event) && scorable(event);
    if (!arrived) return undefined;
    const before = this.arrived.get(event.subject);
    if (!before) this.arrived.set(event.subject, [{ ...arrived, eventId: event.id }]);
    else {
      before.push({ ...arrived, eventId: event.id });
      if (before.length > MAX_ARRIVED) before.shift();
    }
    return undefined;
  }

  private rescore(recorded: LeadScored): Rescored {
    const cause = this.causeOf(recorded);
    if (!cause) return { recorded, undecidable: 'the log does not say how the lead came in' };
    try {
      const { model, shadow, now } = recorded.data;
      // What would have been in the shadow of another model, nobody has said.
      const challenger = shadow && !this.instead ? this.rules.modelOf(shadow.model) : undefined;
      const score = scoreLead(cause.lead, this.instead ?? this.rules.modelOf(model), now, challenger);
      const { consent, ...told } = cause.told;
      // Before a refusal was told from silence there was no word of it.
      const isTold = recorded.data.consent !== undefined && consent !== undefined;
      return { recorded, again: { ...score, ...(isTold ? cause.told : told) } };
    } catch (error) {
      if (!(error instanceof RuleMissing)) throw error;
      return { recorded, undecidable: `the log does not tell ${error.message}` };
    }
  }

  /** What the score was told upon. What came before it has been judged with it; what came after is judged later. */
  private causeOf({ id, subject, type }: LeadScored): Arrived | undefined {
    const arrived = this.arrived.get(subject);
    if (!arrived) return undefined;
    // Of one there is nothing to tell apart, and that is nearly every lead.
    const place = arrived.length === 1 ? 0 : arrived.findIndex(({ eventId }) => derivedId(eventId, type) === id);
    const cause = arrived[place];
    if (arrived.length <= place + 1) this.arrived.delete(subject);
    else if (cause) this.arrived.set(subject, arrived.slice(place + 1));
    return cause;
  }
}

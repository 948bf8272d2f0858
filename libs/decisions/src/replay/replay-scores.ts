import type { FairleadEvent, LeadCompleted, LeadReceived, LeadScored } from '@fairlead/events';
import { readMoment } from '../normalise/moment.js';
import type { Model } from '../score/model.js';
import { scoreLead } from '../score/score-lead.js';
import { RuleMissing, type RuleHistory } from './rule-history.js';

/** What was decided once more, and what it should have come to. */
export type Rescored =
  | { readonly recorded: LeadScored; readonly again: LeadScored['data'] }
  | { readonly recorded: LeadScored; readonly undecidable: string };

/** Scores leads once more, from what came in and the models that the log tells. */
export class ScoreReplay {
  /** What is to be scored next, by lead. */
  private readonly arrived = new Map<string, LeadReceived | LeadCompleted>();

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
    if (event.type === 'lead.received') {
      if ((event as LeadReceived).data.state === 'complete') this.arrived.set(event.subject, event as LeadReceived);
    } else if (event.type === 'lead.completed') this.arrived.set(event.subject, event as LeadCompleted);
    else if (event.type === 'lead.scored') return this.rescore(event as LeadScored);
    return undefined;
  }

  private rescore(recorded: LeadScored): Rescored {
    const cause = this.arrived.get(recorded.subject);
    this.arrived.delete(recorded.subject);
    if (!cause) return { recorded, undecidable: 'the log does not say how the lead came in' };
    const completed = cause.type === 'lead.completed';
    const missing = completed ? cause.data.missing : [];
    const { facts, reachable, sourceId, consent } = cause.data;
    try {
      const model = this.instead ?? this.rules.modelOf(recorded.data.model);
      return {
        recorded,
        again: {
          ...scoreLead({ facts, reachable, missing }, model, recorded.data.now),
          sourceId,
          facts,
          reachable,
          consentGiven: consent?.given === true,
          receivedAt: readMoment(cause.time) ?? 0,
          cause: completed ? 'completed' : 'received',
        },
      };
    } catch (error) {
      if (!(error instanceof RuleMissing)) throw error;
      return { recorded, undecidable: `the log does not tell ${error.message}` };
    }
  }
}

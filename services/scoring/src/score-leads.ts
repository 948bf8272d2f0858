import { type Model, type Scorable, type ScoreCause, scoreLead } from '@fairlead/decisions';
import { causedBy, type EncodedEvent, LeadScored } from '@fairlead/events';

/** What a lead that is ready to be judged scores, as the event that says so. */
export function scored(cause: ScoreCause, { lead, told }: Scorable, model: Model, now: number): EncodedEvent {
  return causedBy(cause, LeadScored, {
    source: '/scoring',
    time: now,
    data: { ...scoreLead(lead, model, now), ...told },
  });
}

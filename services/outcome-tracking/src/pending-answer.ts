import { advance, type Standing, type Step } from '@fairlead/decisions';

/** An answer that was taken here, or the end of the time for one: the event that tells it, and what it does to the lead's standing. */
export interface PendingAnswer {
  readonly eventId: string;
  readonly step: Step;
}

/** Where the lead stands for whoever asks now: what the log says, and on top what was taken and is on its way there. */
export function standingNow(lead: {
  readonly standing: Standing;
  readonly pending: readonly PendingAnswer[];
}): Standing {
  return lead.pending.reduce((standing, { step }) => advance(standing, step), lead.standing);
}

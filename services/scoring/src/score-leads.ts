import { type Model, scoreLead } from '@fairlead/decisions';
import { causedBy, type EncodedEvent, type LeadCompleted, type LeadReceived, LeadScored } from '@fairlead/events';

/** What a lead that is ready to be judged scores, as the event that says so. */
export function scored(
  event: LeadReceived | LeadCompleted,
  missing: readonly string[],
  model: Model,
  now: number,
): EncodedEvent {
  const { facts, reachable, sourceId, consent } = event.data;
  return causedBy(event, LeadScored, {
    source: '/scoring',
    time: now,
    data: {
      ...scoreLead({ facts, reachable, missing }, model, now),
      sourceId,
      facts,
      reachable,
      consentGiven: consent?.given === true,
      receivedAt: Date.parse(event.time),
      cause: event.type === 'lead.received' ? 'received' : 'completed',
    },
  });
}

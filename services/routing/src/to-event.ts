import type { RoutingDecision } from '@fairlead/decisions';
import { causedBy, type EncodedEvent, type FairleadEvent, LeadRouted, LeadUnroutable } from '@fairlead/events';

/** A decision, as the event that tells it: what follows from its cause. */
export function toEvent(cause: FairleadEvent, decision: RoutingDecision): EncodedEvent {
  const common = { source: '/routing', time: decision.change.now };
  return decision.outcome === 'routed'
    ? causedBy(cause, LeadRouted, { ...common, data: decision.data })
    : causedBy(cause, LeadUnroutable, { ...common, data: decision.data });
}

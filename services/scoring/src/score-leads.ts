import { type Scorable, type ScoreCause, scoreLead } from '@fairlead/decisions';
import { causedBy, type DataOf, LeadScored } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import type { BothSaid, ModelsStore } from './store/models.store.js';

/** A lead that is ready to be judged, and the event upon which it is. */
export interface ToScore {
  readonly cause: ScoreCause;
  readonly scorable: Scorable;
}

/**
 * Judges leads with the model in force, and says what they score. What a model in shadow would have said is told beside, and
 * counted; nothing else follows from it.
 */
export async function scoreLeads(leads: readonly ToScore[], models: ModelsStore, unit: UnitOfWork): Promise<void> {
  if (leads.length === 0) return;
  const { model, challenger } = await models.active(unit.query);
  const scored = leads.map(({ cause, scorable: { lead, told } }) => ({
    cause,
    data: { ...scoreLead(lead, model, unit.now, challenger), ...told },
  }));
  if (challenger)
    await models.compare(
      unit.query,
      { model, challenger },
      scored.map(({ data }) => bothSaid(data)),
    );
  unit.say(scored.map(({ cause, data }) => causedBy(cause, LeadScored, { source: '/scoring', time: unit.now, data })));
}

function bothSaid({ grade, state, shadow }: DataOf<typeof LeadScored>): BothSaid {
  return { was: grade ?? state, would: shadow?.grade ?? shadow?.state ?? state };
}

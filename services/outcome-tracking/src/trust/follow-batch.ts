import type { UnitOfWork } from '@fairlead/messaging';
import { followLeads, type LeadEvent } from '../fold-event.js';
import { CountsStore } from '../store/counts.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { PositionStore } from '../store/position.store.js';

const [leads, counts, position] = [new LeadsStore(), new CountsStore(), new PositionStore()];

/**
 * What the service does with a batch of events, for whoever measures it.
 * @param counting  whether the figures are counted as well, or the leads followed alone
 */
export async function followBatch(
  unit: Pick<UnitOfWork, 'query' | 'write'>,
  batch: readonly LeadEvent[],
  { counting }: { readonly counting: boolean },
): Promise<void> {
  const known = await leads.lock(unit, [...new Set(batch.map(({ subject }) => subject))]);
  const changes = followLeads(batch, known);
  if (counting) await counts.count(unit, changes);
  leads.save(unit, changes);
  if (counting) position.advance(unit, batch);
}

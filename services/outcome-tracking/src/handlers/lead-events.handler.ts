import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  LeadAccepted,
  LeadCompleted,
  LeadContacted,
  LeadDeclined,
  LeadErased,
  LeadHeld,
  LeadLost,
  LeadMerged,
  LeadOfferExpired,
  LeadOverridden,
  LeadQualified,
  LeadReceived,
  LeadRecycled,
  LeadRejected,
  LeadReturned,
  LeadRouted,
  LeadScored,
  LeadUnroutable,
  LeadWon,
  PartnerNotified,
} from '@fairlead/events';
import { consumerId, mixed, type UnitOfWork } from '@fairlead/messaging';
import { foldEvent, type LeadEvent, timeOf } from '../fold-event.js';
import { CountsStore } from '../store/counts.store.js';
import { LeadsStore, type TrackedLead, unseen } from '../store/leads.store.js';

const events = [
  LeadReceived.type,
  LeadRejected.type,
  LeadMerged.type,
  LeadHeld.type,
  LeadCompleted.type,
  LeadErased.type,
  LeadScored.type,
  LeadRouted.type,
  LeadUnroutable.type,
  LeadOverridden.type,
  LeadOfferExpired.type,
  LeadAccepted.type,
  LeadDeclined.type,
  LeadContacted.type,
  LeadQualified.type,
  LeadWon.type,
  LeadLost.type,
  LeadReturned.type,
  LeadRecycled.type,
  PartnerNotified.type,
];

/** Every event of a lead → the view of the lead, and the counts of its offers. */
@Controller()
export class LeadEventsHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly counts: CountsStore,
  ) {}

  @EventPattern<string[]>(events, consumerId('outcome-tracking'), mixed('leads'))
  async follow(@Payload() batch: readonly LeadEvent[], @Ctx() unit: UnitOfWork): Promise<void> {
    const known = await this.leads.lock(unit, [...new Set(batch.map(({ subject }) => subject))]);

    const after = new Map<string, TrackedLead>();
    for (const event of batch) {
      const id = event.subject;
      after.set(id, foldEvent(after.get(id) ?? known.get(id) ?? unseen(id, timeOf(event)), event));
    }
    const changes = [...after].map(([id, lead]) => ({ before: known.get(id), after: lead }));

    await this.leads.save(unit, changes);
    await this.counts.count(unit, changes);
  }
}

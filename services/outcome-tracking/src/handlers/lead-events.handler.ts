import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadErased } from '@fairlead/events';
import { consumerId, mixed, type UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { AfterEvents } from '../after-events.js';
import { followLeads, type LeadEvent, leadEvents } from '../fold-event.js';
import { CountsStore } from '../store/counts.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { PositionStore } from '../store/position.store.js';

/** Every event of a lead → the view of the lead, the counts of its offers, and lead.recycled of one that is offered again. */
@Controller()
export class LeadEventsHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly counts: CountsStore,
    private readonly position: PositionStore,
    private readonly afterEvents: AfterEvents,
    private readonly personalData: PersonalData,
  ) {}

  @EventPattern<string[]>(leadEvents, consumerId('outcome-tracking'), mixed('leads'))
  async follow(@Payload() batch: readonly LeadEvent[], @Ctx() unit: UnitOfWork): Promise<void> {
    const known = await this.leads.lock(unit, [...new Set(batch.map(({ subject }) => subject))]);

    const changes = await this.afterEvents.follow(unit, batch, followLeads(batch, known));

    await this.counts.count(unit, changes);
    this.leads.save(unit, changes);
    this.position.advance(unit, batch);
    const erased = batch.filter(({ type }) => type === LeadErased.type).map(({ subject }) => subject);
    // What is remembered of their keys here would open contacts for a little longer.
    if (erased.length > 0) unit.afterCommit(() => this.personalData.forget(erased));
  }
}

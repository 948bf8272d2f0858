import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadCompleted, LeadErased, LeadReceived, LeadScored } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { LeadsStore } from '../store/leads.store.js';

/** lead.received, lead.completed, lead.scored, lead.erased → what webhooks will tell about the lead */
@Controller()
export class LeadReceivedHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly personalData: PersonalData,
  ) {}

  @EventPattern([LeadReceived.type, LeadCompleted.type], consumerId('partner-notification'))
  async noteContact(
    @Payload() events: readonly (LeadReceived | LeadCompleted)[],
    @Ctx() unit: UnitOfWork,
  ): Promise<void> {
    await this.leads.noteContacts(unit, events);
  }

  @EventPattern<string>(LeadScored.type, consumerId('partner-notification'))
  async noteScore(@Payload() events: readonly LeadScored[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.noteScores(unit, events);
  }

  @EventPattern<string>(LeadErased.type, consumerId('partner-notification'))
  async erase(@Payload() events: readonly LeadErased[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.erase(unit, events);
    // The key may have been deleted by another process; what is remembered of it here opens contacts for a little longer.
    unit.afterCommit(() => this.personalData.forget(events.map(({ subject }) => subject)));
  }
}

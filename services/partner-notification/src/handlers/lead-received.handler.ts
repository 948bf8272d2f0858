import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadCompleted, LeadMerged, LeadReceived, LeadScored } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { LeadsStore } from '../store/leads.store.js';

/** lead.received, lead.completed, lead.merged, lead.scored → what webhooks will tell about the lead */
@Controller()
export class LeadReceivedHandler {
  constructor(private readonly leads: LeadsStore) {}

  @EventPattern([LeadReceived.type, LeadCompleted.type], consumerId('partner-notification'))
  async noteContact(
    @Payload() events: readonly (LeadReceived | LeadCompleted)[],
    @Ctx() unit: UnitOfWork,
  ): Promise<void> {
    await this.leads.noteContacts(unit, events);
  }

  @EventPattern<string>(LeadMerged.type, consumerId('partner-notification'))
  async noteFurtherContact(@Payload() events: readonly LeadMerged[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.noteFurtherContacts(unit, events);
  }

  @EventPattern<string>(LeadScored.type, consumerId('partner-notification'))
  async noteScore(@Payload() events: readonly LeadScored[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.noteScores(unit, events);
  }
}

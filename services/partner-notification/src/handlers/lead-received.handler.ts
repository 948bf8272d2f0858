import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadCompleted, LeadConsentChanged, LeadMerged, LeadReceived, LeadScored, LeadSplit } from '@fairlead/events';
import { consumerId, unhurried, type UnitOfWork } from '@fairlead/messaging';
import { Dispatcher } from '../delivery/dispatcher.js';
import { LeadsStore } from '../store/leads.store.js';

/** lead.received, lead.completed, lead.merged, lead.consent-changed, lead.split, lead.scored → what webhooks will tell about the lead */
@Controller()
export class LeadReceivedHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly dispatcher: Dispatcher,
  ) {}

  @EventPattern([LeadReceived.type, LeadCompleted.type], consumerId('partner-notification'), unhurried())
  noteContact(@Payload() events: readonly (LeadReceived | LeadCompleted)[], @Ctx() unit: UnitOfWork): void {
    this.leads.noteContacts(unit, events);
  }

  @EventPattern<string>(LeadMerged.type, consumerId('partner-notification'))
  async noteFurtherContact(@Payload() events: readonly LeadMerged[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.noteFurtherContacts(unit, events);
    await this.#noteConsents(unit, events);
  }

  @EventPattern<string>(LeadConsentChanged.type, consumerId('partner-notification'))
  async noteConsent(@Payload() events: readonly LeadConsentChanged[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.#noteConsents(unit, events);
  }

  @EventPattern<string>(LeadSplit.type, consumerId('partner-notification'))
  async noteSplit(@Payload() events: readonly LeadSplit[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.leads.noteSplits(unit, events);
  }

  @EventPattern<string>(LeadScored.type, consumerId('partner-notification'), unhurried())
  noteScore(@Payload() events: readonly LeadScored[], @Ctx() unit: UnitOfWork): void {
    this.leads.noteScores(unit, events);
  }

  /** Who refuses is told to no partner any more, also of what lies ready to be sent. */
  async #noteConsents(unit: UnitOfWork, events: readonly (LeadMerged | LeadConsentChanged)[]): Promise<void> {
    await this.leads.noteConsents(unit, events);
    const refused = events.filter(({ data }) => data.known?.consent?.given === false).map(({ subject }) => subject);
    if (refused.length > 0) unit.afterCommit(() => this.dispatcher.noteRefused(refused));
  }
}

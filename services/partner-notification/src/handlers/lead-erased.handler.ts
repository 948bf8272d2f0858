import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadErased } from '@fairlead/events';
import { consumerId, overtaking, type UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { Dispatcher } from '../delivery/dispatcher.js';
import { noticeOfErasure } from '../delivery/webhook-events.js';
import { DeliveriesStore } from '../store/deliveries.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { PartyEventsStore } from '../store/party-events.store.js';
import { WaitingReaders } from './waiting-readers.js';

/**
 * lead.erased → nothing of the person is kept or sent any more; parties that were offered the lead are told, if they
 * subscribed, because they may have data of their own to delete. It waits behind no parked event: those tell nothing of a
 * person, but what is kept here might.
 */
@Controller()
export class LeadErasedHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly deliveries: DeliveriesStore,
    private readonly dispatcher: Dispatcher,
    private readonly personalData: PersonalData,
    private readonly events: PartyEventsStore,
    private readonly waiting: WaitingReaders,
  ) {}

  @EventPattern<string>(LeadErased.type, consumerId('partner-notification'), overtaking())
  async erase(@Payload() events: readonly LeadErased[], @Ctx() unit: UnitOfWork): Promise<void> {
    const ids = events.map(({ subject }) => subject);
    const told = await this.leads.erase(unit, ids);
    const waiting = await this.deliveries.hurry(unit, ids);
    const notices = events.flatMap((event) =>
      (told.get(event.subject) ?? []).map((party) => noticeOfErasure(event, party)),
    );
    this.events.keep(unit, notices);
    const endpoints = await this.deliveries.intend(unit, notices);
    unit.afterCommit(() => {
      // The key was deleted by another process; what is remembered of it here opens contacts for a little longer.
      this.personalData.forget(ids);
      this.waiting.wake(notices.map(({ party }) => party));
      this.dispatcher.noteErased(ids);
      this.dispatcher.wake([...new Set([...waiting, ...endpoints])]);
    });
  }
}

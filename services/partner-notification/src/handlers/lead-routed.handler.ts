import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { type LeadAccepted, type LeadAmended, LeadRouted } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Dispatcher } from '../delivery/dispatcher.js';
import { type Announced, noticesOf, subscribable } from '../delivery/webhook-events.js';
import { DeliveriesStore } from '../store/deliveries.store.js';
import { endsOffer, LeadsStore } from '../store/leads.store.js';
import { PartyEventsStore } from '../store/party-events.store.js';
import { WaitingReaders } from './waiting-readers.js';

/**
 * lead.routed, and every other event that concerns one party → a delivery for each of its endpoints that subscribed,
 * and an event for it to read.
 * Sending is not done here: what is committed with the event is the intention, which the dispatcher then carries out.
 */
@Controller()
export class LeadRoutedHandler {
  constructor(
    private readonly leads: LeadsStore,
    private readonly deliveries: DeliveriesStore,
    private readonly dispatcher: Dispatcher,
    private readonly events: PartyEventsStore,
    private readonly waiting: WaitingReaders,
  ) {}

  @EventPattern<string>(LeadRouted.type, consumerId('partner-notification'))
  async announceOffers(@Payload() events: readonly LeadRouted[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.#announce(events, new Map(), unit);
    this.leads.noteOffers(unit, events);
  }

  @EventPattern(
    subscribable.filter((type) => type !== 'lead.routed' && type !== 'lead.erased'),
    consumerId('partner-notification'),
  )
  async announce(@Payload() events: readonly Announced[], @Ctx() unit: UnitOfWork): Promise<void> {
    // These two name no party, or not the one that loses the lead.
    const vague = events.filter(({ type }) => type === 'lead.overridden' || type === 'lead.recycled');
    const holders =
      vague.length > 0
        ? await this.leads.holdersOf(
            unit,
            vague.map(({ subject }) => subject),
          )
        : new Map<string, string>();
    await this.#announce(events, holders, unit);
    await this.#noteWhoseItIs(events, unit);
  }

  /** What is sent later is judged by this: an offer that has ended is not sent any more, nor is anybody's contact. */
  async #noteWhoseItIs(events: readonly Announced[], unit: UnitOfWork): Promise<void> {
    const accepted = events.filter((event): event is LeadAccepted => event.type === 'lead.accepted');
    if (accepted.length > 0) {
      const taken = await this.leads.noteAcceptances(unit, accepted);
      this.#wake(await this.deliveries.sendAfterAll(unit, taken), unit);
    }
    const ends = events.filter(endsOffer);
    if (ends.length > 0) await this.leads.noteEnds(unit, ends);
    const amended = events.filter((event): event is LeadAmended => event.type === 'lead.amended');
    if (amended.length > 0) await this.leads.noteCorrections(unit, amended);
    const overridden = events.filter(({ type }) => type === 'lead.overridden');
    if (overridden.length > 0)
      await this.leads.noteOverrides(
        unit,
        overridden.map(({ subject }) => subject),
      );
  }

  async #announce(events: readonly Announced[], holders: ReadonlyMap<string, string>, unit: UnitOfWork): Promise<void> {
    const notices = events.flatMap((event) => noticesOf(event, holders.get(event.subject)));
    this.events.keep(unit, notices);
    unit.afterCommit(() => this.waiting.wake(notices.map(({ party }) => party)));
    this.#wake(await this.deliveries.intend(unit, notices), unit);
  }

  #wake(endpoints: readonly string[], unit: UnitOfWork): void {
    if (endpoints.length > 0) unit.afterCommit(() => this.dispatcher.wake(endpoints));
  }
}

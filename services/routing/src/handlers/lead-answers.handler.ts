import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import {
  type FairleadEvent,
  LeadAccepted,
  LeadErased,
  LeadLost,
  LeadQualified,
  LeadReturned,
  LeadWon,
} from '@fairlead/events';
import type { MadeOffer } from '@fairlead/decisions';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { type Desk, Desks } from '../desk.js';
import { offerOf } from '../routed-lead.js';
import { DecisionsStore } from '../store/decisions.store.js';
import { LeadsStore, type RoutedLead, type Stage } from '../store/leads.store.js';

type Answer = FairleadEvent<string, { readonly party: string; readonly offer: number }>;

/**
 * What becomes of offers, as far as it changes who can take the next lead: an accepted one no longer expires, one that is
 * an opportunity or closed frees its place, a returned one gives credit back. None of it leads to a decision.
 */
@Controller()
export class LeadAnswersHandler {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
    private readonly decisions: DecisionsStore,
  ) {}

  @EventPattern<string>(LeadAccepted.type, consumerId('routing'))
  async accepted(@Payload() answers: readonly LeadAccepted[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.note(answers, unit, ['offered'], 'accepted', () => undefined);
  }

  @EventPattern<string>(LeadQualified.type, consumerId('routing'))
  async qualified(@Payload() answers: readonly LeadQualified[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.note(answers, unit, ['offered', 'accepted'], 'closed', (desk, offer, id) => desk.done(offer, id));
  }

  @EventPattern<string>(LeadWon.type, consumerId('routing'))
  async won(@Payload() answers: readonly LeadWon[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.note(answers, unit, ['offered', 'accepted'], 'closed', (desk, offer, id) => desk.done(offer, id));
  }

  @EventPattern<string>(LeadLost.type, consumerId('routing'))
  async lost(@Payload() answers: readonly LeadLost[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.note(answers, unit, ['offered', 'accepted'], 'closed', (desk, offer, id) => desk.done(offer, id));
  }

  @EventPattern<string>(LeadReturned.type, consumerId('routing'))
  async returned(@Payload() answers: readonly LeadReturned[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.note(answers, unit, ['offered', 'accepted'], 'closed', (desk, offer, id) => desk.returned(offer, id));
  }

  /** An erased lead is nobody's any more; who has just been offered it is owed another. */
  @EventPattern<string>(LeadErased.type, consumerId('routing'))
  async erased(@Payload() events: readonly LeadErased[], @Ctx() unit: UnitOfWork): Promise<void> {
    const ids = events.map(({ subject }) => subject);
    let known = new Map<string, RoutedLead>();
    const desk = await this.desks.open(unit, async () => {
      known = await this.leads.lock(unit.query, ids);
      return { offers: [...known.values()].flatMap((lead) => offerOf(lead) ?? []) };
    });
    for (const { id, subject } of events) {
      const lead = known.get(subject);
      const offer = lead && offerOf(lead);
      // Erased twice, it is erased.
      known.delete(subject);
      if (offer && lead.stage === 'offered') desk.withdrawn(offer, id);
      else if (offer) desk.done(offer, id);
    }
    desk.save();
    this.leads.erase(unit, ids);
    this.decisions.erase(unit, ids);
  }

  /** Answers to anything but the current offer are history, and change nothing here. */
  private async note(
    answers: readonly Answer[],
    unit: UnitOfWork,
    from: readonly Stage[],
    to: Stage,
    fold: (desk: Desk, offer: MadeOffer, eventId: string) => void,
  ): Promise<void> {
    let leads = new Map<string, RoutedLead>();
    const desk = await this.desks.open(unit, async () => {
      leads = await this.leads.lock(
        unit.query,
        answers.map(({ subject }) => subject),
      );
      return { offers: [...leads.values()].flatMap((lead) => offerOf(lead) ?? []) };
    });

    const changed = new Map<string, RoutedLead>();
    for (const { id, subject, data } of answers) {
      const lead = changed.get(subject) ?? leads.get(subject);
      const offer = lead && offerOf(lead);
      if (!offer || !from.includes(lead.stage) || lead.party !== data.party || lead.made !== data.offer) continue;
      fold(desk, offer, id);
      changed.set(subject, { ...lead, stage: to });
    }

    desk.save();
    this.leads.saveOffers(unit, [...changed.values()]);
  }
}

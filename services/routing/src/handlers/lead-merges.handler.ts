import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadAbsorbed, LeadSplit } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Desks } from '../desk.js';
import { decided, routableAgain } from '../routed-lead.js';
import { AbsorbedStore } from '../store/absorbed.store.js';
import { LeadsStore, type RoutedLead } from '../store/leads.store.js';
import { toEvent } from '../to-event.js';

/**
 * lead.absorbed → whoever has the survivor has the person: nobody is offered the other lead any more; who has it keeps it.
 * lead.split → lead.routed | lead.unroutable, of a lead that nobody has for nothing else
 */
@Controller()
export class LeadMergesHandler {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
    private readonly absorbed: AbsorbedStore,
  ) {}

  @EventPattern<string>(LeadAbsorbed.type, consumerId('routing'))
  absorb(@Payload() events: readonly LeadAbsorbed[], @Ctx() unit: UnitOfWork): void {
    this.absorbed.add(
      unit,
      events.map(({ subject }) => subject),
    );
  }

  @EventPattern<string>(LeadSplit.type, consumerId('routing'))
  async split(@Payload() all: readonly LeadSplit[], @Ctx() unit: UnitOfWork): Promise<void> {
    // Of three that were made one after the other, what the second took in is split from it, and it stays one with the third.
    const events = all.filter(({ data }) => data.part === 'absorbed');
    const ids = events.map(({ subject }) => subject);
    if (ids.length === 0) return;
    this.absorbed.remove(unit, ids);
    let known = new Map<string, RoutedLead>();
    const desk = await this.desks.open(unit, async () => {
      const locked = await this.leads.lock(unit.query, ids);
      known = new Map([...locked].map(([id, lead]) => [id, { ...lead, absorbed: false }]));
      return { leads: [...known.values()].flatMap((lead) => withheld(lead) ?? []) };
    });

    const after = new Map<string, RoutedLead>();
    const said = events.flatMap((event) => {
      const before = after.get(event.subject) ?? known.get(event.subject);
      const lead = before && withheld(before);
      if (!before || !lead) return [];
      const decision = desk.route(event.subject, lead);
      after.set(event.subject, decided(before, decision));
      return [toEvent(event, decision)];
    });

    desk.save();
    this.leads.saveOffers(unit, [...after.values()]);
    unit.say(said);
  }
}

/** The lead, if it is offered to nobody for nothing but that it was one with another. */
function withheld(lead: RoutedLead) {
  if (lead.stage !== 'unroutable' || lead.withheld === null) return undefined;
  if (lead.withheld !== 'first') return routableAgain(lead, lead.withheld);
  const { earlier: _, ...first } = routableAgain(lead, 'declined');
  return first;
}

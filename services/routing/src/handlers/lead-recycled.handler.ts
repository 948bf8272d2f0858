import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadRecycled } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Desks } from '../desk.js';
import { decided, recycled, routableAgain } from '../routed-lead.js';
import { LeadsStore, type RoutedLead } from '../store/leads.store.js';
import { toEvent } from '../to-event.js';

/**
 * lead.recycled → lead.routed to somebody who has not refused it | lead.unroutable. Its credit was given back when it was returned, so
 * it is shared out as a new lead is.
 */
@Controller()
export class LeadRecycledHandler {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
  ) {}

  @EventPattern<string>(LeadRecycled.type, consumerId('routing'))
  async offerAnew(@Payload() events: readonly LeadRecycled[], @Ctx() unit: UnitOfWork): Promise<void> {
    let known = new Map<string, RoutedLead>();
    const desk = await this.desks.open(unit, async () => {
      known = await this.leads.lock(
        unit.query,
        events.map(({ subject }) => subject),
      );
      return { leads: [...known.values()].map((lead) => routableAgain(recycled(lead), 'recycled')) };
    });

    const after = new Map<string, RoutedLead>();
    const said = events.flatMap((event) => {
      // Told twice, it has been offered since; erased, it is nobody's.
      const before = after.get(event.subject) ?? known.get(event.subject);
      if (!before || !isReturned(before, event)) return [];
      const lead = recycled(before);
      const decision = desk.route(event.subject, routableAgain(lead, 'recycled'));
      after.set(event.subject, decided(lead, decision, 'recycled'));
      return [toEvent(event, decision)];
    });

    desk.save();
    this.leads.replace(unit, [...after.values()]);
    unit.say(said);
  }
}

/** outcome-tracking says it of leads whose last offer was returned; whether that is the one which is known here is asked here. */
function isReturned(lead: RoutedLead, { data }: LeadRecycled): boolean {
  return lead.stage === 'closed' && lead.party === data.party && lead.made === data.offer;
}

import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadScored } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Desks } from '../desk.js';
import { decided, routable, undecided } from '../routed-lead.js';
import { LeadsStore } from '../store/leads.store.js';
import { toEvent } from '../to-event.js';

/** lead.scored → lead.routed | lead.unroutable */
@Controller()
export class LeadScoredHandler {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
  ) {}

  @EventPattern<string>(LeadScored.type, consumerId('routing'))
  async route(@Payload() scored: readonly LeadScored[], @Ctx() unit: UnitOfWork): Promise<void> {
    const desk = await this.desks.open(unit, () => ({
      leads: scored.map(routable),
      leadIds: scored.map(({ subject }) => subject),
    }));
    // A lead is routed once: another score of a lead that somebody may have by now moves it nowhere.
    const known = new Set(desk.known);
    const fresh = scored.filter(({ subject }) => !known.has(subject) && known.add(subject));

    const decisions = fresh.map((event) => {
      const lead = routable(event);
      return { event, lead, decision: desk.route(event.subject, lead) };
    });

    desk.save();
    this.leads.add(
      unit,
      decisions.map(({ event, lead, decision }) => decided(undecided(event.subject, lead), decision)),
    );
    unit.say(decisions.map(({ event, decision }) => toEvent(event, decision)));
  }
}

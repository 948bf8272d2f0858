import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { mayBeRoutedAgain } from '@fairlead/decisions';
import { LeadScored } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { Desks } from '../desk.js';
import { decided, routable, undecided } from '../routed-lead.js';
import { LeadsStore, type RoutedLead } from '../store/leads.store.js';
import { toEvent } from '../to-event.js';

/** lead.scored → lead.routed | lead.unroutable; of a lead that somebody was ever offered, nothing */
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
    const stored = await this.#judgedBefore(unit, scored, desk.known);

    const current = new Map(stored);
    const decisions = scored.flatMap((event) => {
      const [lead, before] = [routable(event), current.get(event.subject)];
      // Known, and not judged anew: the same score told twice.
      if (!before && desk.known.has(event.subject)) return [];
      if (before && !(before.stage === 'unroutable' && mayBeRoutedAgain(before, lead))) return [];
      const decision = desk.route(event.subject, lead);
      current.set(event.subject, decided(undecided(event.subject, lead), decision));
      return [{ event, decision }];
    });

    desk.save();
    const after = [...new Set(decisions.map(({ event }) => event.subject))].map((id) => current.get(id) as RoutedLead);
    this.leads.add(
      unit,
      after.filter(({ leadId }) => !stored.has(leadId)),
    );
    this.leads.replace(
      unit,
      after.filter(({ leadId }) => stored.has(leadId)),
    );
    unit.say(decisions.map(({ event, decision }) => toEvent(event, decision)));
  }

  /** Leads that were decided about before and are judged once more; no statement where there are none. */
  async #judgedBefore(
    unit: UnitOfWork,
    scored: readonly LeadScored[],
    known: ReadonlySet<string>,
  ): Promise<ReadonlyMap<string, RoutedLead>> {
    const ids = scored.filter(({ subject, data }) => isAgain(data) && known.has(subject)).map(({ subject }) => subject);
    return ids.length === 0 ? new Map() : this.leads.lock(unit.query, ids);
  }
}

function isAgain({ cause }: LeadScored['data']): boolean {
  return cause === 'merged' || cause === 'engaged';
}

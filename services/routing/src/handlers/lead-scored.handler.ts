import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { mayBeRoutedAgain, type RoutingDecision, whyConsentDecides } from '@fairlead/decisions';
import { LeadScored } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { type Desk, Desks } from '../desk.js';
import { decided, decidedLead, judgedBy, offerOf, routable, routableAgain, undecided } from '../routed-lead.js';
import { LeadsStore, type RoutedLead } from '../store/leads.store.js';
import { toEvent } from '../to-event.js';

/**
 * lead.scored → lead.routed | lead.unroutable; of a lead that somebody was ever offered, nothing, unless the person agreed after
 * all, or agrees no more
 */
@Controller()
export class LeadScoredHandler {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
  ) {}

  @EventPattern<string>(LeadScored.type, consumerId('routing'))
  async route(@Payload() scored: readonly LeadScored[], @Ctx() unit: UnitOfWork): Promise<void> {
    let stored: ReadonlyMap<string, RoutedLead> = new Map();
    const desk = await this.desks.open(unit, async () => {
      stored = await this.#judgedBefore(unit, scored);
      const before = [...stored.values()];
      return {
        leads: [...scored.map((event) => routable(event)), ...before.map((lead) => routableAgain(lead, 'declined'))],
        offers: before.flatMap((lead) => offerOf(lead) ?? []),
        leadIds: scored.map(({ subject }) => subject),
      };
    });

    const current = new Map(stored);
    const decisions = scored.flatMap((event) => {
      const before = current.get(event.subject);
      // Known, and not judged anew: the same score told twice.
      if (!before && desk.asked.known.has(event.subject)) return [];
      const { after, decision } = before ? judgedAgain(desk, event, before) : judged(desk, event);
      current.set(event.subject, after);
      return decision ? [{ event, decision }] : [];
    });

    desk.save();
    const after = [...current.values()].filter((lead) => lead !== stored.get(lead.leadId));
    this.leads.add(
      unit,
      after.filter(({ leadId }) => !stored.has(leadId)),
    );
    // Whoever was offered a lead keeps it as it was judged then.
    const again = after.filter(({ leadId }) => stored.has(leadId));
    this.leads.replace(
      unit,
      again.filter(({ leadId }) => stored.get(leadId)?.made === 0),
    );
    this.leads.saveOffers(
      unit,
      again.filter(({ leadId }) => stored.get(leadId)?.made !== 0),
    );
    unit.say(decisions.map(({ event, decision }) => toEvent(event, decision)));
  }

  /** Leads that may have been decided about before and are judged once more; no statement where there are none. */
  async #judgedBefore(unit: UnitOfWork, scored: readonly LeadScored[]): Promise<ReadonlyMap<string, RoutedLead>> {
    const ids = scored.filter(({ data }) => isAgain(data)).map(({ subject }) => subject);
    return ids.length === 0 ? new Map() : this.leads.lock(unit.query, ids);
  }
}

interface Judged {
  readonly after: RoutedLead;
  readonly decision?: RoutingDecision;
}

function judged(
  desk: Desk,
  event: LeadScored,
  lead = routable(event, { absorbed: desk.asked.absorbed.has(event.subject) }),
): Judged {
  const decision = desk.route(event.subject, lead);
  return { after: decided(undecided(event.subject, lead), decision), decision };
}

function judgedAgain(desk: Desk, event: LeadScored, before: RoutedLead): Judged {
  if (before.stage === 'erased') return { after: before };
  const lead = routable(event, before);
  const { consent = before.consent } = lead;
  const why = whyConsentDecides(decidedLead(before), lead, desk.rules.policy);
  const isNobodys = before.stage === 'unroutable' && before.made === 0;
  if (isNobodys && (why || mayBeRoutedAgain(before, lead))) return judged(desk, event, lead);
  // Whoever has it has it as it was judged then; should they return it, the next one is chosen by this.
  const since = { ...before, consent, judgedSince: judgedBy(lead) };
  if (!why) return { after: since };
  const offer = offerOf(before);
  if (offer) desk.withdrawn(offer);
  const free = { ...since, paidBy: null };
  const decision = desk.route(event.subject, routableAgain(free, why));
  return { after: decided(free, decision, why), decision };
}

function isAgain({ cause }: LeadScored['data']): boolean {
  return cause !== 'received' && cause !== 'completed';
}

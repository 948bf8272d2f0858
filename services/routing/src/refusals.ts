import { Injectable } from '@nestjs/common';
import type { EarlierOffers } from '@fairlead/decisions';
import type { FairleadEvent } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import { Desks } from './desk.js';
import { decided, offerOf, routableAgain } from './routed-lead.js';
import { LeadsStore, type RoutedLead } from './store/leads.store.js';
import { toEvent } from './to-event.js';

type Refusal = FairleadEvent<string, { readonly party: string; readonly offer: number }>;

/** What follows when an offer is refused: the next one, or the end. */
@Injectable()
export class Refusals {
  constructor(
    private readonly desks: Desks,
    private readonly leads: LeadsStore,
  ) {}

  /**
   * Offers leads again, to others, whose offer was declined or ran out. Only the current offer can be refused, and only
   * while it is open: of an answer and an expiry the first one in the log counts.
   */
  async offerAgain(refusals: readonly Refusal[], because: EarlierOffers['because'], unit: UnitOfWork): Promise<void> {
    let open = new Map<string, RoutedLead>();
    let counted: Refusal[] = [];
    const desk = await this.desks.open(unit, async () => {
      open = await this.leads.lock(
        unit.query,
        refusals.map(({ subject }) => subject),
      );
      counted = refusals.filter((refusal) => isOpen(open.get(refusal.subject), refusal));
      const ending = counted.map(({ subject }) => open.get(subject) as RoutedLead);
      return {
        leads: ending.map((lead) => routableAgain(lead, because)),
        offers: ending.flatMap((lead) => offerOf(lead) ?? []),
      };
    });

    const events = counted.flatMap((refusal) => {
      // Looked up again: one batch may hold the refusals of two offers of one lead.
      const before = open.get(refusal.subject);
      const offer = before && isOpen(before, refusal) ? offerOf(before) : undefined;
      if (!before || !offer) return [];
      desk.refused(offer);
      const refused = { ...before, refusedBy: [...before.refusedBy, offer.party] };
      const decision = desk.route(refusal.subject, routableAgain(refused, because));
      open.set(refusal.subject, decided(refused, decision, because));
      return [toEvent(refusal, decision)];
    });

    desk.save();
    this.leads.saveOffers(
      unit,
      [...new Set(counted.map(({ subject }) => subject))].map((leadId) => open.get(leadId) as RoutedLead),
    );
    unit.say(events);
  }
}

function isOpen(lead: RoutedLead | undefined, { data }: Refusal): boolean {
  return lead?.stage === 'offered' && lead.party === data.party && lead.made === data.offer;
}

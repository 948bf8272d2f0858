import type { FairleadEvent, LeadAmended, LeadRouted } from '@fairlead/events';

/** What became of the offers of one party and grade that are no longer waiting for an answer. */
export interface OfferOutcomes {
  readonly party: string;
  /** A to D; `incomplete` for leads that were routed without a grade. */
  readonly grade: string;
  /** Offers that were accepted, declined or ran out. */
  readonly answered: number;
  readonly accepted: number;
  /** Opportunities; a won lead was one. */
  readonly qualified: number;
  readonly won: number;
}

interface Current {
  readonly party: string;
  readonly grade: string;
  readonly offer: number;
  isRefused: boolean;
  isAccepted: boolean;
  isQualified: boolean;
  isWon: boolean;
}

/** Counts, as a log is read, what became of its offers. Keeps the current offer of each lead. */
export class OutcomesOfLog {
  private readonly current = new Map<string, Current>();
  private readonly cells = new Map<string, { -readonly [K in keyof OfferOutcomes]: OfferOutcomes[K] }>();

  read(event: FairleadEvent): void {
    if (event.type === 'lead.routed') {
      this.settle(event.subject);
      const { to: party, grade, offer } = (event as LeadRouted).data;
      const open = { isRefused: false, isAccepted: false, isQualified: false, isWon: false };
      this.current.set(event.subject, { party, grade: grade ?? 'incomplete', offer, ...open });
      return;
    }
    const current = this.current.get(event.subject);
    if (!current || (event.data as { readonly offer?: number }).offer !== current.offer) return;
    switch (event.type) {
      case 'lead.declined':
      case 'lead.offer-expired':
        current.isRefused = true;
        return;
      case 'lead.amended': {
        const { was, is } = (event as LeadAmended).data;
        if (was.type === 'won') current.isWon = false;
        if (was.type === 'qualified') current.isQualified = false;
        if (is?.type === 'won') current.isWon = true;
        if (is?.type === 'qualified') current.isQualified = true;
        return;
      }
      case 'lead.won':
        current.isWon = true;
        current.isAccepted = true;
        return;
      case 'lead.qualified':
        current.isQualified = true;
        current.isAccepted = true;
        return;
      case 'lead.accepted':
      case 'lead.lost':
      case 'lead.returned':
        current.isAccepted = true;
    }
  }

  /** By party and grade. Nothing is read after it. */
  end(): OfferOutcomes[] {
    for (const lead of [...this.current.keys()]) this.settle(lead);
    return [...this.cells].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, cell]) => cell);
  }

  private settle(lead: string): void {
    const current = this.current.get(lead);
    this.current.delete(lead);
    // Taken away by a person, or still waiting at the end of the log: that says nothing of the party.
    if (!current || !(current.isRefused || current.isAccepted)) return;
    const { party, grade } = current;
    const key = `${party}/${grade}`;
    const cell = this.cells.get(key) ?? { party, grade, answered: 0, accepted: 0, qualified: 0, won: 0 };
    cell.answered += 1;
    if (current.isAccepted) cell.accepted += 1;
    // Whoever won it had an opportunity.
    if (current.isQualified || current.isWon) cell.qualified += 1;
    if (current.isWon) cell.won += 1;
    this.cells.set(key, cell);
  }
}

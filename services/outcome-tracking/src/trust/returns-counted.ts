import type { Returns } from '@fairlead/decisions';
import type { Offer } from '@fairlead/decisions/fold';
import { type Days, daysOf, isIn } from './cohort-period.js';
import { type ReturnsForReason, returnsAmong } from './returns-of-lead.js';
import { isOfPool } from './trust-query.js';

/** Which offers: of one party, made on these UTC days, both included (`2026-01-31`). */
export interface PartyPeriod {
  readonly party: string;
  readonly from: string;
  readonly to: string;
  /** Null: all of them but that of deals from elsewhere. */
  readonly pool: string | null;
}

/** What most were returned for comes first; of as many, by its name. @param reasons  in any order, each once */
export function returnsOf(reasons: readonly ReturnsForReason[]): Returns {
  const inOrder = reasons.toSorted((one, other) => other.leads - one.leads || (one.reason < other.reason ? -1 : 1));
  return {
    byReason: Object.fromEntries(inOrder.map(({ reason, leads }) => [reason, leads])),
    honoured: inOrder.reduce((sum, { honoured }) => sum + honoured, 0),
  };
}

/** A party's returns, from the offers of leads that are told one by one: what the table comes to, for whoever has none. */
export class ReturnsCounted {
  private readonly days: Days;
  private readonly reasons = new Map<string, { reason: string; leads: number; honoured: number }>();

  constructor(private readonly period: PartyPeriod) {
    this.days = daysOf(period, null, 0);
  }

  /** @param offers  all of one lead */
  add(offers: readonly Offer[]): void {
    for (const { party, day, pool, reason, leads, honoured } of returnsAmong(offers)) {
      if (party !== this.period.party || !isOfPool(this.period.pool, pool) || !isIn(day, this.days)) continue;
      const sum = this.reasons.get(reason) ?? { reason, leads: 0, honoured: 0 };
      this.reasons.set(reason, sum);
      sum.leads += leads;
      sum.honoured += honoured;
    }
  }

  end(): Returns {
    return returnsOf([...this.reasons.values()]);
  }
}

import type { Returns } from '@fairlead/decisions';
import type { Offer } from '@fairlead/decisions/fold';
import { type Days, daysOf, isIn } from './cohort-period.js';
import { isOfPool } from './trust-query.js';

/** Which offers: of one party, made on these UTC days, both included (`2026-01-31`). */
export interface PartyPeriod {
  readonly party: string;
  readonly from: string;
  readonly to: string;
  /** Null: all of them but that of deals from elsewhere. */
  readonly pool: string | null;
}

/** How many leads a party returned for a reason, and how many of these were never offered to it again. */
export interface ReturnsForReason {
  readonly reason: string;
  readonly leads: number;
  readonly honoured: number;
}

/** Of a return that tells none. */
export const NO_REASON = 'none';

const DAY_MS = 86_400_000;

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
    const own = offers.filter(({ party }) => party === this.period.party);
    for (const offer of own) {
      if (offer.stage !== 'returned' || !this.isMeant(offer)) continue;
      const reason = offer.reason ?? NO_REASON;
      const sum = this.reasons.get(reason) ?? { reason, leads: 0, honoured: 0 };
      this.reasons.set(reason, sum);
      sum.leads += 1;
      if (!own.some(({ number }) => number > offer.number)) sum.honoured += 1;
    }
  }

  end(): Returns {
    return returnsOf([...this.reasons.values()]);
  }

  private isMeant({ pool, offeredAt }: Offer): boolean {
    return isOfPool(this.period.pool, pool) && isIn(Math.floor(offeredAt / DAY_MS), this.days);
  }
}

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

/** The same of a day's offers in a pool, or how many more or fewer. */
export interface ReturnedCount extends ReturnsForReason {
  readonly party: string;
  /** UTC, of the offer, in days since the epoch. */
  readonly day: number;
  readonly pool: string;
}

/** Of a return that tells none. */
const NO_REASON = 'none';

const DAY_MS = 86_400_000;

/** What a lead's offers add to the counts of returns, one for each that was returned. @param offers  all of the lead */
export function returnsAmong(offers: readonly Offer[]): ReturnedCount[] {
  return offers.flatMap(({ number, party, pool, offeredAt, stage, reason }) => {
    if (stage !== 'returned') return [];
    const isHonoured = !offers.some((later) => later.party === party && later.number > number);
    const day = Math.floor(offeredAt / DAY_MS);
    return [{ party, day, pool, reason: reason ?? NO_REASON, leads: 1, honoured: isHonoured ? 1 : 0 }];
  });
}

/** What most were returned for comes first; of as many, by its name. @param reasons  in any order, each once */
export function returnsOf(reasons: readonly ReturnsForReason[]): Returns {
  const inOrder = reasons.toSorted((one, other) => other.leads - one.leads || (one.reason < other.reason ? -1 : 1));
  return {
    byReason: Object.fromEntries(inOrder.map(({ reason, leads }) => [reason, leads])),
    honoured: inOrder.reduce((sum, { honoured }) => sum + honoured, 0),
  };
}

/** Sums of counts that come one by one. */
export class ReturnedSums {
  private readonly sums = new Map<string, { -readonly [Key in keyof ReturnedCount]: ReturnedCount[Key] }>();

  /** @param by  what is added: 1, or -1 to take it back */
  add(counts: readonly ReturnedCount[], by: 1 | -1 = 1): void {
    for (const { leads, honoured, ...cell } of counts) {
      const key = `${cell.party}\n${cell.day}\n${cell.pool}\n${cell.reason}`;
      const known = this.sums.get(key);
      const sum = known ?? { ...cell, leads: 0, honoured: 0 };
      if (!known) this.sums.set(key, sum);
      sum.leads += by * leads;
      sum.honoured += by * honoured;
    }
  }

  /** Those that come to something. */
  all(): ReturnedCount[] {
    return [...this.sums.values()].filter(({ leads, honoured }) => leads !== 0 || honoured !== 0);
  }
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

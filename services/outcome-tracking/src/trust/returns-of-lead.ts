import type { Offer } from '@fairlead/decisions/fold';

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

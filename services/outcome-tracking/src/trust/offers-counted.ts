import {
  addCohort,
  CAMPAIGN,
  type CohortTally,
  type Counted,
  type KindCount,
  type Moments,
  momentsOf,
  readTraits,
  tallyWithin,
  type TrustCounts,
} from '@fairlead/decisions';
import type { Offer } from '@fairlead/decisions/fold';
import { type Days, daysOf, isIn } from './cohort-period.js';
import { isOfPool, type TrustQuery } from './trust-query.js';

const DAY_MS = 86_400_000;

/** Counts of a report, from offers that are told one by one: what the tables come to, for whoever has none. */
export class OffersCounted {
  private readonly days: Days;
  private readonly silentDays: Days;
  private readonly attribute: string | undefined;
  private readonly counted = new Map<string, Counted & { tally: CohortTally }>();
  private readonly kinds = new Map<string, KindCount & { tally: CohortTally }>();
  private readonly silent = new Map<string, { readonly party: string; tally: CohortTally }>();

  constructor(private readonly query: TrustQuery) {
    this.days = daysOf(query, query.age, query.asOf);
    this.silentDays = daysOf(query, query.silence, query.asOf);
    this.attribute = query.mix === 'grade' ? undefined : query.mix.slice('attributes.'.length);
  }

  add(offer: Offer): void {
    const { pool, source, campaign, age, silence } = this.query;
    if (!isOfPool(pool, offer.pool)) return;
    const day = Math.floor(offer.offeredAt / DAY_MS);
    const [isMeant, isSilent] = [isIn(day, this.days), isIn(day, this.silentDays)];
    if (!isMeant && !isSilent) return;
    const traits = offer.traits === null ? undefined : readTraits(offer.traits);
    if (source !== null && traits?.source !== source) return;
    if (campaign !== null && traits?.kinds[CAMPAIGN] !== campaign) return;
    const moments = momentsOf(offer);
    if (isSilent && traits) this.addSilent(offer.party, moments, silence);
    if (!isMeant || (age !== null && !traits)) return;
    const tally = tallyWithin(moments, age ?? Infinity);
    const { party, grade, kind, policy } = offer;
    const counted = { party, grade, kind, pool: offer.pool, policy, tally };
    sumUp(this.counted, [offer.pool, policy, party, grade, kind].join('\n'), counted);
    const value = this.attribute === undefined ? undefined : traits?.kinds[this.attribute];
    if (value !== undefined && moments.accepted !== undefined)
      sumUp(this.kinds, `${party}\n${value}`, { party, kind: value, tally });
  }

  end(): TrustCounts {
    return {
      counted: [...this.counted.values()],
      ...(this.attribute !== undefined && { kinds: [...this.kinds.values()] }),
      silent: [...this.silent.values()],
    };
  }

  private addSilent(party: string, moments: Moments, days: number): void {
    sumUp(this.silent, party, { party, tally: tallyWithin(moments, days) });
  }
}

function sumUp<Value extends { tally: CohortTally }>(sums: Map<string, Value>, key: string, value: Value): void {
  const sum = sums.get(key);
  if (sum) sum.tally = addCohort(sum.tally, value.tally);
  else sums.set(key, { ...value });
}

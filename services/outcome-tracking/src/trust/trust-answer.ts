import { countsShownTo, type Promised, type TrustCounts, type TrustReport, trustReport } from '@fairlead/decisions';
import type { Position } from '../store/position.store.js';
import { leftOutOf, type TrustQuery } from './trust-query.js';

/** Of which figures are: exactly the first so many events of leads in each part of the log. */
export interface AsOf {
  readonly at: string;
  /** By partition of the topic that leads' events travel on; null where events were counted before this was. */
  readonly events: Position | null;
  readonly total: number | null;
}

export interface TrustAnswer extends TrustReport {
  readonly pool: string | null;
  readonly leftOut: readonly string[];
  readonly from: string | null;
  readonly to: string | null;
  readonly source: string | null;
  readonly campaign: string | null;
  readonly age: number | null;
  /** Whose view it is: `channel` is this partner alone; null: nobody's in particular. */
  readonly partner: string | null;
  readonly asOf: AsOf;
  /** Those that offers of the period were made in. */
  readonly pools: readonly string[];
}

/** Leads of more kinds than that are hardly alike, and nobody reads so long a list. */
export const MOST_KINDS = 100;

/** How many kinds the attribute has that leads are to be compared by, where these are too many. */
export function tooManyKinds({ kinds = [] }: TrustCounts): number | undefined {
  const found = new Set(kinds.filter(({ tally }) => tally.accepted > 0).map(({ kind }) => kind));
  return found.size > MOST_KINDS ? found.size : undefined;
}

/**
 * The same counts, promises and position give the same bytes, wherever they were counted.
 * @param counts  those of whoever looks: `countsFor`
 */
export function trustAnswer(
  query: TrustQuery,
  counts: TrustCounts,
  promises: readonly Promised[],
  position: Position | null,
): TrustAnswer {
  const { pool, from, to, source, campaign, age, asOf, partner } = query;
  return {
    ...{ pool, leftOut: leftOutOf(pool), from, to, source, campaign, age, partner, asOf: asOfOf(asOf, position) },
    pools: [...new Set(counts.counted.map((each) => each.pool))].sort(),
    ...shownTo(partner, trustReport(counts, promises, query)),
  };
}

/** Without what other partners did. */
export function countsFor({ partner }: TrustQuery, counts: TrustCounts): TrustCounts {
  return partner === null ? counts : countsShownTo(partner, counts);
}

/** Direct is no party of its own there: it is the other channel. */
function shownTo(partner: string | null, report: TrustReport): TrustReport {
  if (partner === null) return report;
  const own = <T>(parties: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
    Object.fromEntries(Object.entries(parties).filter(([party]) => party === partner));
  const { parties, likeForLike, noWord } = report;
  return {
    ...report,
    parties: own(parties),
    likeForLike: own(likeForLike),
    noWord: { ...noWord, parties: own(noWord.parties) },
  };
}

export function asOfOf(at: number, position: Position | null): AsOf {
  return {
    at: new Date(at).toISOString(),
    events: position,
    total: position && position.reduce((sum, events) => sum + events, 0),
  };
}

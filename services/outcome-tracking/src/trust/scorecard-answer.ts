import {
  type Counted,
  DIRECT,
  isPartnerId,
  type Promised,
  type Returns,
  type Scorecard,
  scorecard,
  type Together,
} from '@fairlead/decisions';
import type { Position } from '../store/position.store.js';
import { quarterOf } from './quarter.js';
import { type AsOf, asOfOf } from './trust-answer.js';
import { type Complaint, leftOutOf, readTrustQuery, type TrustQuery } from './trust-query.js';

/** Of a party in a period; what else can be asked of figures is as where nothing is said. */
export interface ScorecardQuery extends TrustQuery {
  readonly party: string;
  readonly from: string;
  readonly to: string;
}

export interface ScorecardAnswer extends Scorecard {
  readonly partner: string;
  readonly pool: string | null;
  readonly leftOut: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly asOf: AsOf;
}

/** What a scorecard is made of. */
export interface ScorecardCounts {
  readonly counted: readonly Counted[];
  readonly returns: Returns;
}

/** Who is a partner is known to routing. One that was never offered anything has a scorecard of nothing. */
export function hasScorecard(party: string): boolean {
  return party === DIRECT || isPartnerId(party);
}

/**
 * A quarter, where no other period is asked for.
 * @param asked  by name, as it came
 * @param now  milliseconds since the epoch
 */
export function readScorecardQuery(
  party: string,
  asked: Readonly<Record<string, unknown>>,
  now: number,
): { readonly query: ScorecardQuery } | { readonly complaints: readonly Complaint[] } {
  const read = readTrustQuery(asked, now, ['pool', 'from', 'to']);
  if ('complaints' in read) return read;
  const from = read.query.from ?? quarterOf(read.query.to ?? new Date(now).toISOString().slice(0, 10)).from;
  return { query: { ...read.query, party, from, to: read.query.to ?? quarterOf(from).to } };
}

/**
 * What a partner is told of all partners together. One answer tells it no other's figures; two may, by their difference: all pools less one, or one month after the
 * other. So it is told in one way only, in which no two answers have an offer in common: whole quarters of all pools.
 */
export function toldToPartner({ pool, from, to }: ScorecardQuery): Together {
  const quarter = quarterOf(from);
  return pool === null && from === quarter.from && to === quarter.to ? 'protected' : 'none';
}

/** The same counts, promises and position give the same bytes, wherever they were counted. */
export function scorecardAnswer(
  { party, pool, from, to, asOf }: ScorecardQuery,
  { counted, returns }: ScorecardCounts,
  promises: readonly Promised[],
  position: Position | null,
  together: Together,
): ScorecardAnswer {
  return {
    ...{ partner: party, pool, leftOut: leftOutOf(pool), from, to, asOf: asOfOf(asOf, position) },
    ...scorecard(party, counted, promises, returns, together),
  };
}

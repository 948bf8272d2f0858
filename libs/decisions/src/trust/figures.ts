import type { OfferGrade, OfferKind } from '../lifecycle/standing.js';
import { sumOf, type Tally } from '../lifecycle/tally.js';
import { type Rate, rate } from './rate.js';

/** Counts of one party's offers of one grade and kind, made in one pool under one policy. */
export interface Counted {
  readonly party: string;
  readonly grade: OfferGrade;
  readonly kind: OfferKind;
  readonly pool: string;
  readonly policy: string;
  readonly tally: Tally;
}

/** What a policy promised direct, in percent, of a pool's leads of a grade. The rest is the channel's. */
export interface Promised {
  readonly policy: string;
  readonly pool: string;
  readonly grade: OfferGrade;
  readonly directPercent: number;
}

/** Counts, and what they are shares of. Offers that are still open are in no rate: they are not failures yet. */
export interface Figures {
  readonly counts: Tally;
  readonly rates: {
    /** Of the offers made. */
    readonly delivered: Rate;
    /** These three of the offers that are no longer open. */
    readonly accepted: Rate;
    readonly declined: Rate;
    readonly expired: Rate;
    /** These five of the leads accepted. */
    readonly contacted: Rate;
    readonly qualified: Rate;
    readonly won: Rate;
    readonly lost: Rate;
    readonly returned: Rate;
    /** Of the opportunities. */
    readonly wonOfQualified: Rate;
  };
}

/** `all`, and each grade that occurs; `incomplete` is for leads that were routed without a grade. */
export type ByGrade<T> = Readonly<Record<string, T>>;

/** Whether both sides of a grade received what was promised to them. */
export interface PromiseKept {
  /** Percent, weighted by the leads routed under each policy of the period; null when no promise is known. */
  readonly promised: { readonly direct: number; readonly channel: number } | null;
  /** Of the leads under the promise that anyone kept: declined, expired and returned ones are made up for. */
  readonly received: { readonly direct: Rate; readonly channel: Rate };
  /** Leads that stand outside the promise, whoever got them. */
  readonly outside: {
    readonly namedAccount: number;
    readonly protectedAccount: number;
    readonly fallback: number;
    readonly override: number;
    /** Direct's, because no partner may have what the person has not agreed to. */
    readonly noConsent: number;
  };
}

export interface TrustFigures {
  readonly channels: { readonly direct: ByGrade<Figures>; readonly channel: ByGrade<Figures> };
  readonly parties: Readonly<Record<string, ByGrade<Figures>>>;
  readonly promise: ByGrade<PromiseKept>;
}

/** The figures of everything that was counted. Any order, and any grouping, of the counts gives the same, to the last bit. */
export function trustFigures(counted: readonly Counted[], promises: readonly Promised[]): TrustFigures {
  // Pools, kinds and policies make thousands of counts of it, and only promises are told apart by them.
  const merged = byPartyAndGrade(counted);
  const parties = Map.groupBy(merged, ({ party }) => party);
  return {
    channels: {
      direct: byGrade(merged.filter(isDirect)),
      channel: byGrade(merged.filter((each) => !isDirect(each))),
    },
    parties: Object.fromEntries([...parties].sort(byName).map(([party, each]) => [party, byGrade(each)])),
    promise: Object.fromEntries(
      [...Map.groupBy(counted, gradeName)].sort(byName).map(([grade, each]) => [grade, promiseKept(each, promises)]),
    ),
  };
}

type OfGrade = Pick<Counted, 'party' | 'grade' | 'tally'>;

/** The same counts, one for each party and grade. */
export function byPartyAndGrade(counted: readonly Counted[]): OfGrade[] {
  const groups = Map.groupBy(counted, ({ party, grade }) => `${grade ?? ''}\n${party}`);
  return [...groups.values()].map((each) => {
    const { party, grade } = each[0] as Counted;
    return { party, grade, tally: sum(each) };
  });
}

function byGrade(counted: readonly OfGrade[]): ByGrade<Figures> {
  const grades = [...Map.groupBy(counted, gradeName)].sort(byName);
  return Object.fromEntries([['all', counted] as const, ...grades].map(([grade, each]) => [grade, figures(sum(each))]));
}

/** Every rate with what it is a share of. */
export function figures(counts: Tally): Figures {
  const decided = counts.offered - counts.open;
  return {
    counts,
    rates: {
      delivered: rate(counts.delivered, counts.offered),
      accepted: rate(counts.accepted, decided),
      declined: rate(counts.declined, decided),
      expired: rate(counts.expired, decided),
      contacted: rate(counts.contacted, counts.accepted),
      qualified: rate(counts.qualified, counts.accepted),
      won: rate(counts.won, counts.accepted),
      lost: rate(counts.lost, counts.accepted),
      returned: rate(counts.returned, counts.accepted),
      wonOfQualified: rate(counts.won, counts.qualified),
    },
  };
}

/** Of leads of one grade, or of some together. */
export function promiseKept(counted: readonly Counted[], promises: readonly Promised[]): PromiseKept {
  const shared = measured(
    counted.filter(({ kind }) => kind === 'share'),
    promises,
  );
  const direct = sum(shared.filter(isDirect)).kept;
  const all = sum(shared).kept;
  const offeredAs = (kind: OfferKind) => sum(counted.filter((each) => each.kind === kind)).offered;
  return {
    promised: promisedOf(shared, promises),
    received: { direct: rate(direct, all), channel: rate(all - direct, all) },
    outside: {
      namedAccount: offeredAs('named-account'),
      protectedAccount: offeredAs('protected-account'),
      fallback: offeredAs('fallback'),
      override: offeredAs('override'),
      noConsent: offeredAs('no-consent'),
    },
  };
}

/** What was received is told of the same leads as what was promised: of deals from elsewhere nothing was, and they stand alone. */
export function measured(shared: readonly Counted[], promises: readonly Promised[]): readonly Counted[] {
  const promised = new Set(promises.map(key));
  const under = shared.filter((each) => promised.has(key(each)));
  return under.length > 0 ? under : shared;
}

function promisedOf(shared: readonly Counted[], promises: readonly Promised[]): PromiseKept['promised'] {
  const percents = new Map(
    promises.map(({ policy, pool, grade, directPercent }) => [key({ policy, pool, grade }), directPercent]),
  );
  const kept = new Map<string, number>();
  for (const each of shared) kept.set(key(each), (kept.get(key(each)) ?? 0) + each.tally.kept);
  let leads = 0;
  let weighted = 0;
  // A promise may be a fraction of a percent, and a sum of those is another in its last bit in another order.
  for (const [promise, count] of [...kept].sort(byName)) {
    const percent = percents.get(promise);
    if (percent === undefined) continue;
    leads += count;
    weighted += count * percent;
  }
  return leads === 0 ? null : { direct: weighted / leads, channel: 100 - weighted / leads };
}

function key({ policy, pool, grade }: Pick<Counted, 'policy' | 'pool' | 'grade'>): string {
  return JSON.stringify([policy, pool, grade]);
}

function isDirect({ party }: OfGrade): boolean {
  return party === 'direct';
}

function gradeName({ grade }: OfGrade): string {
  return grade ?? 'incomplete';
}

function sum(counted: readonly OfGrade[]): Tally {
  return sumOf(counted.map(({ tally }) => tally));
}

function byName([left]: readonly [string, unknown], [right]: readonly [string, unknown]): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

import type { ConsentState } from '@fairlead/events';
import type { Path } from '../document/read-document.js';
import { consentAllowsChannel } from './consent.js';
import { type Matchable, matchPool } from './match-pool.js';
import { overlapsOf } from './overlaps.js';
import type { PartnerDocument } from './partner.js';
import { type Match, type Policy, type PolicyDocument, policyOf, type Pool, type Quality } from './policy.js';
import type { Partner, Refusal } from './roster.js';
import { reservedKey } from './routing-state.js';

/** What may be meant, but should be known before it is in force. Nothing is refused for it. */
export interface Warning {
  readonly path: Path;
  readonly kind: WarningKind;
  /** A sentence. */
  readonly detail: string;
}

export type WarningKind =
  | 'no-able-partner'
  | 'too-little-capacity'
  | 'list-missing'
  | 'list-above-ceiling'
  | 'never-reached'
  | 'overlap'
  | 'tier-without-partner'
  | 'tier-not-served'
  | 'serves-everywhere';

/** What a policy would meet if it were in force now. */
export interface Surroundings {
  readonly roster: Iterable<Partner>;
  readonly namedAccounts: { has(list: string): boolean };
  /** Per pool, by `reservedKey`: what named accounts have taken there, of so many leads. */
  readonly reserved: ReadonlyMap<string, ReadonlyMap<string, { readonly taken: number; readonly of: number }>>;
  /** Leads that came lately, all of the last so many days; whole, at least 1. */
  readonly recent: { readonly leads: readonly RecentLead[]; readonly days: number };
}

export interface RecentLead extends Matchable {
  readonly state: 'graded' | 'incomplete' | 'not-qualified';
  readonly grade: Exclude<Quality, 'incomplete'> | null;
  /** Undefined: from before it was kept. */
  readonly consent: ConsentState | undefined;
}

const QUALITIES = ['A', 'B', 'C', 'D', 'incomplete'] as const;

/**
 * Looks for promises that cannot be kept and pools that do not do what they seem to. One step for each pool, so that a
 * caller with a large roster can see to other things in between.
 * @param document  as `readPolicyDraft` answered it
 */
export function* checkPolicy(document: PolicyDocument, surroundings: Surroundings): Generator<readonly Warning[]> {
  const policy = policyOf(document, 1);
  const roster = [...surroundings.roster];
  const active = roster.filter(({ paused }) => !paused);
  const expected = expectedPercents(policy, surroundings.recent.leads);
  const overlaps = overlapsOf(policy.pools.map(({ match }) => match));
  yield [...tiersWithoutPartner(document, roster), ...tiersNotServed(policy, active)];
  for (const [index, pool] of policy.pools.entries()) {
    const at: Path = ['pools', index];
    const { value: overlap } = overlaps.next() as { value: { before: readonly number[]; nothingLeft: boolean } };
    yield [
      // The last pool takes what the others leave; that is what it is for.
      ...(index < policy.pools.length - 1 ? overlapWarnings(overlap, policy.pools, at) : []),
      ...channelWarnings(pool, active, { percents: expected.get(pool) ?? 0, days: surroundings.recent.days }, at),
      ...namedAccountWarnings(pool, surroundings, at),
    ];
  }
}

/** What should be known about a partner before it is on the roster. */
export function checkPartner(document: PartnerDocument, inForce: Policy | undefined): Warning[] {
  const warnings: Warning[] = [];
  if ((document.territories ?? []).length === 0) {
    const detail = 'No territories are given, so it is offered leads from everywhere.';
    warnings.push({ path: ['territories'], kind: 'serves-everywhere', detail });
  }
  if (inForce && document.weight === undefined && !servesTier(inForce, document.tier)) {
    const detail = `No pool of the policy in force has a weight for the tier ${document.tier}, so it is offered nothing.`;
    warnings.push({ path: ['tier'], kind: 'tier-not-served', detail });
  }
  return warnings;
}

// --- Pools one after the other --------------------------------------------------------------------------------------

function overlapWarnings(
  { before, nothingLeft }: { before: readonly number[]; nothingLeft: boolean },
  pools: readonly Pool[],
  at: Path,
): Warning[] {
  if (before.length === 0) return [];
  const earlier = named(before.map((index) => pools[index]!.id));
  return nothingLeft
    ? [
        {
          path: [...at, 'match'],
          kind: 'never-reached',
          detail: `No lead ever reaches this pool: all that it matches goes to ${earlier} before it.`,
        },
      ]
    : [
        {
          path: [...at, 'match'],
          kind: 'overlap',
          detail: `A lead that matches this pool and ${earlier} goes to the one that stands first.`,
        },
      ];
}

// --- What is promised to the channel --------------------------------------------------------------------------------

/** A pool whose partners can take less than half of what it promises them cannot keep its promise on an ordinary day. */
const FAR_BELOW = 2;

function channelWarnings(
  pool: Pool,
  active: readonly Partner[],
  expected: { readonly percents: number; readonly days: number },
  at: Path,
): Warning[] {
  const promised = Math.max(...QUALITIES.map((quality) => pool.promise(quality).channel));
  if (promised === 0) return [];

  let able = 0;
  let perDay = 0;
  const refusals = new Map<Refusal, number>();
  const serves = territoryTest(pool.match);
  for (const partner of active) {
    const refusal = lastingRefusal(partner, pool, serves);
    if (refusal) refusals.set(refusal, (refusals.get(refusal) ?? 0) + 1);
    else {
      able += 1;
      perDay += partner.caps.open === 0 ? 0 : partner.caps.perDay;
      if (perDay === Infinity) return [];
    }
  }
  const path = [...at, 'promise'];
  if (able === 0) {
    const why = [...refusals].map(([refusal, count]) => `${count} ${SAID[refusal] ?? refusal}`).join(', ');
    const detail =
      `Up to ${promised} % are promised to the channel, but no active partner can take its leads` +
      `${why === '' ? '' : ` (${why})`}: they all go to direct.`;
    return [{ path, kind: 'no-able-partner', detail }];
  }
  if (perDay > 0 && perDay * FAR_BELOW * 100 * expected.days >= expected.percents) return [];
  const daily = Math.round(expected.percents / 100 / expected.days);
  const against = perDay === 0 ? `Up to ${promised} % are` : `About ${daily} leads a day, as they came lately, are`;
  const detail = `${against} promised to the channel, but those that can take them take at most ${perDay} a day together.`;
  return [{ path, kind: 'too-little-capacity', detail }];
}

const SAID: Partial<Record<Refusal, string>> = {
  'outside-territory': 'serve other territories',
  'product-not-carried': 'carry other products',
  'not-certified': 'lack a certification',
  'tier-not-served': 'are of a tier without weight',
};

/** The first reason for which the partner can take no lead of the pool at all. */
function lastingRefusal(
  partner: Partner,
  pool: Pool,
  serves: (territories: readonly string[]) => boolean,
): Refusal | undefined {
  if (!serves(partner.territories)) return 'outside-territory';
  const { products } = pool.match;
  if (products && partner.products.length > 0 && !partner.products.some((product) => products.has(product)))
    return 'product-not-carried';
  if (!pool.certifications.every((needed) => partner.certifications.has(needed))) return 'not-certified';
  return partner.weight === undefined && pool.tierWeight(partner.tier) === undefined ? 'tier-not-served' : undefined;
}

/** Whether somebody who serves these territories, all of them when there are none, serves any lead of the pool. */
function territoryTest({ countries, regions }: Match): (territories: readonly string[]) => boolean {
  if (regions) {
    const within = [...regions].filter((region) => countries?.has(region.slice(0, 2)) ?? true);
    const places = new Set(within.flatMap((region) => [region, region.slice(0, 2)]));
    return (territories) => territories.length === 0 || territories.some((place) => places.has(place));
  }
  if (!countries) return () => true;
  return (territories) => territories.length === 0 || territories.some((place) => countries.has(place.slice(0, 2)));
}

/** Per pool: the shares promised to the channel, added up over the leads that would come there, in percent of a lead. */
function expectedPercents(policy: Policy, leads: readonly RecentLead[]): Map<Pool, number> {
  const expected = new Map<Pool, number>();
  for (const lead of leads) {
    const pool = matchPool(lead, policy);
    if (lead.state === 'not-qualified' || (lead.state === 'incomplete' && pool.incomplete.then === 'nurture')) continue;
    if (!consentAllowsChannel(lead, pool)) continue;
    expected.set(pool, (expected.get(pool) ?? 0) + pool.promise(lead.grade ?? 'incomplete').channel);
  }
  return expected;
}

// --- Tiers ----------------------------------------------------------------------------------------------------------

function tiersWithoutPartner({ pools }: PolicyDocument, roster: readonly Partner[]): Warning[] {
  const known = new Set(roster.map(({ tier }) => tier));
  return pools.flatMap(({ tiers = {} }, index) =>
    Object.keys(tiers)
      .filter((tier) => !known.has(tier))
      .map((tier): Warning => {
        const path = ['pools', index, 'tiers', tier];
        return { path, kind: 'tier-without-partner', detail: `No partner is of the tier ${tier}.` };
      }),
  );
}

function tiersNotServed(policy: Policy, active: readonly Partner[]): Warning[] {
  const without = Map.groupBy(
    active.filter(({ weight }) => weight === undefined),
    ({ tier }) => tier,
  );
  return [...without]
    .filter(([tier]) => !servesTier(policy, tier))
    .map(([tier, partners]) => {
      const who = named(partners.map(({ id }) => id));
      const detail = `No pool that promises the channel anything has a weight for the tier ${tier}: ${who} would be offered nothing.`;
      return { path: ['pools'], kind: 'tier-not-served', detail };
    });
}

/** Where the channel is promised nothing at all, no tier is the reason. */
function servesTier({ pools }: Policy, tier: string): boolean {
  const promising = pools.filter((pool) => QUALITIES.some((quality) => pool.promise(quality).channel > 0));
  return promising.length === 0 || promising.some((pool) => pool.tierWeight(tier) !== undefined);
}

// --- Named accounts -------------------------------------------------------------------------------------------------

function namedAccountWarnings(
  { id, namedAccounts }: Pool,
  { namedAccounts: lists, reserved }: Surroundings,
  at: Path,
): Warning[] {
  if (!namedAccounts) return [];
  const { list, ceiling } = namedAccounts;
  const warnings: Warning[] = [];
  if (!lists.has(list)) {
    const detail = `There is no list ${list} yet: nothing is reserved until there is.`;
    warnings.push({ path: [...at, 'namedAccounts', 'list'], kind: 'list-missing', detail });
  }
  for (const quality of QUALITIES) {
    const { taken, of } = reserved.get(id)?.get(reservedKey(list, quality)) ?? { taken: 0, of: 0 };
    if (taken * 100 <= ceiling * of) continue;
    const leads = quality === 'incomplete' ? 'incomplete leads' : `leads of grade ${quality}`;
    const detail = `The list has taken ${taken} of ${of} ${leads} here, more than ${ceiling} %: it takes no more of them until its share is below.`;
    warnings.push({ path: [...at, 'namedAccounts', 'ceiling'], kind: 'list-above-ceiling', detail });
  }
  return warnings;
}

/** The first few, and how many more: a sentence is read by a person. */
function named(ids: readonly string[]): string {
  const shown = ids.slice(0, 5).join(', ');
  return ids.length > 5 ? `${shown} and ${ids.length - 5} more` : shown;
}

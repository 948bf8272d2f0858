import { type Grade, type Reason, reasons } from '@fairlead/events';
import { type Static, Type } from '@sinclair/typebox';
import { contentHash } from '../document/content-hash.js';
import { documentReader, type Path, type Reading, type Rules } from '../document/read-document.js';
import { isNeed } from '../normalise/missing-fields.js';
import {
  Amount,
  closed,
  Country,
  Duration,
  durationMs,
  folded,
  Id,
  listOf,
  Name,
  oneOf,
  Percent,
  Region,
  Word,
} from '../document/shapes.js';

const Promised = closed({ direct: Percent, channel: Percent });
/** `from` counts, `below` does not: bands that meet neither overlap nor leave a gap. */
const Range = Type.Object(
  { from: Type.Optional(Amount), below: Type.Optional(Amount) },
  { additionalProperties: false, minProperties: 1 },
);
/** As leads name what else is known of them. */
const ATTRIBUTE = '^[^\\u0000-\\u001f]{1,64}$';
/** 10,000: with the roster's limit of 200,000 partners the weights of a pool add up to less than 2^31; see allocate.ts. */
export const Weight = Type.Integer({ minimum: 1, maximum: 10_000 });

/** A duration such as `1h`, or a part such as `25%`. */
const TimeLeft = Type.String({
  pattern: `(?:${Duration.pattern ?? ''})|^[1-9][0-9]?%$`,
  description: 'a duration such as 1h, or a part such as 25%',
});

const PoolDocument = closed({
  id: Id,
  /** Every condition that is given must hold; what is not known of a lead does not hold. */
  match: closed({
    countries: Type.Optional(listOf(Country)),
    regions: Type.Optional(listOf(Region)),
    employees: Type.Optional(Range),
    revenue: Type.Optional(Range),
    products: Type.Optional(listOf(Word)),
    industries: Type.Optional(listOf(Word)),
    sources: Type.Optional(listOf(Name)),
    /** By the name of a lead's own attribute: one of these words, or a number in this range. */
    attributes: Type.Optional(
      Type.Unsafe<Record<string, string[] | Static<typeof Range>>>({
        type: 'object',
        patternProperties: { [ATTRIBUTE]: { anyOf: [listOf(Word), Range] } },
        additionalProperties: false,
        minProperties: 1,
        // 16: a decision looks at each, for every pool it tries.
        maxProperties: 16,
      }),
    ),
  }),
  promise: Promised,
  promiseByGrade: Type.Optional(
    closed({
      A: Type.Optional(Promised),
      B: Type.Optional(Promised),
      C: Type.Optional(Promised),
      D: Type.Optional(Promised),
    }),
  ),
  tiers: Type.Optional(
    Type.Unsafe<Record<string, number>>({
      type: 'object',
      patternProperties: { [Id.pattern ?? '']: Weight },
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 32,
    }),
  ),
  requires: Type.Optional(closed({ certifications: listOf(Word) })),
  offer: Type.Optional(
    closed({
      acceptWithin: Type.Optional(Duration),
      // 20: a lead that twenty parties let lie is cold.
      maxOffers: Type.Optional(Type.Integer({ minimum: 1, maximum: 20 })),
      then: Type.Optional(oneOf('direct', 'nurture')),
      revealContact: Type.Optional(oneOf('on-offer', 'on-accept')),
      /** What is left of the time when its party is reminded: a duration, or a part of `acceptWithin`. Absent: nobody is. */
      remind: Type.Optional(TimeLeft),
    }),
  ),
  /** What becomes of a lead that its party gives back after it had accepted it. Absent: it is closed. */
  returned: Type.Optional(
    closed({
      then: Type.Optional(oneOf('recycle', 'close')),
      // 10: a lead that ten parties gave back is nobody's.
      times: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
      /** Returned for these, it is offered again once it is completed or corrected. */
      repair: Type.Optional(listOf(oneOf(...reasons))),
      /** Returned for these, it is offered again only by a person. */
      never: Type.Optional(listOf(oneOf(...reasons))),
    }),
  ),
  /** A party that has accepted a lead and reports nothing is reminded. Absent: it is not. */
  followUp: Type.Optional(
    closed({
      remindAfter: Duration,
      /** From one reminder to the next; `remindAfter`, if not said. */
      every: Type.Optional(Duration),
      // 10: whoever does not answer ten reminders answers none.
      most: Type.Optional(Type.Integer({ minimum: 1, maximum: 10 })),
    }),
  ),
  incomplete: Type.Optional(
    closed({
      needs: Type.Optional(listOf(Word)),
      holdFor: Type.Optional(Duration),
      then: Type.Optional(oneOf('route', 'nurture')),
    }),
  ),
  notQualified: Type.Optional(closed({ then: Type.Optional(oneOf('nurture')) })),
  /** Who may have a lead only when the person agreed to it. Who refused goes to no partner, whatever this says. */
  consent: Type.Optional(closed({ neededFor: oneOf('channel', 'everyone', 'nobody') })),
  namedAccounts: Type.Optional(closed({ list: Name, ceiling: Percent })),
});

/** The shape of a policy as it is written. */
export const PolicyDocument = closed({
  name: Name,
  /** Absent: partners cannot register deals. */
  dealRegistration: Type.Optional(
    closed({
      /** How long the account's leads are the partner's. */
      protectFor: Duration,
      // 10,000: whoever works more deals than that at once is no partner but a market.
      perPartner: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
    }),
  ),
  // 200: a decision tries them one after the other.
  pools: Type.Array(PoolDocument, { minItems: 1, maxItems: 200 }),
});
type PoolDocument = Static<typeof PoolDocument>;
export type PolicyDocument = Static<typeof PolicyDocument>;

/**
 * Reads a policy as YAML or JSON and checks it: its shape, that shares add up to 100, that the last pool, and no other,
 * takes whatever comes.
 */
export function readPolicy(source: unknown): Reading<PolicyDocument> {
  return readPolicyDocument(source);
}

const GRADES = ['A', 'B', 'C', 'D'] as const;

/** Looks only into what is sound: in a document whose shape is wrong somewhere, the rest is checked all the same. */
export const checkPolicy: Rules<PolicyDocument> = (document, report, sound) => {
  const isLongerThanAYear = (duration: string | undefined) =>
    duration !== undefined && durationMs(duration) > MAX_DURATION_MS;
  if (sound(['dealRegistration']) && isLongerThanAYear(document.dealRegistration?.protectFor))
    report(['dealRegistration', 'protectFor'], TOO_LONG);

  const pools = poolsIn(document);
  pools.forEach((pool, index) => {
    const at = (...steps: Path): Path => ['pools', index, ...steps];
    if (sound(at('id')) && pools.findIndex((other) => idOf(other) === pool.id) < index)
      report(at('id'), `two pools have the id ${pool.id}`);

    const addsUp = (path: Path, promise: Static<typeof Promised> | undefined) => {
      const sum = promise ? promise.direct + promise.channel : 100;
      if (sum !== 100) report(path, `shares add up to ${sum}, not 100`);
    };
    if (sound(at('promise'))) addsUp(at('promise'), pool.promise);
    for (const grade of GRADES) {
      const path = at('promiseByGrade', grade);
      if (sound(path)) addsUp(path, pool.promiseByGrade?.[grade]);
    }
    for (const size of ['employees', 'revenue'] as const) {
      if (!sound(at('match', size))) continue;
      const { from = 0, below = Infinity } = pool.match[size] ?? {};
      if (from >= below) report(at('match', size), `nothing is from ${from} and below ${below}`);
    }
    for (const list of ['countries', 'regions', 'products', 'industries', 'sources'] as const) {
      if (sound(at('match', list)) && pool.match[list]?.length === 0)
        report(at('match', list), 'an empty list matches nothing');
    }
    for (const [name, condition] of Object.entries((sound(at('match', 'attributes')) && pool.match.attributes) || {})) {
      const path = at('match', 'attributes', name);
      if (Array.isArray(condition)) {
        if (condition.length === 0) report(path, 'an empty list matches nothing');
        continue;
      }
      const { from = 0, below = Infinity } = condition;
      if (from >= below) report(path, `nothing is from ${from} and below ${below}`);
    }
    if (sound(at('offer', 'acceptWithin')) && isLongerThanAYear(pool.offer?.acceptWithin))
      report(at('offer', 'acceptWithin'), TOO_LONG);
    if (sound(at('offer')) && pool.offer?.remind !== undefined) {
      const { acceptWithin = offerUnlessSaid.acceptWithin, remind } = pool.offer;
      if (timeLeftMs(remind, durationMs(acceptWithin)) >= durationMs(acceptWithin))
        report(
          at('offer', 'remind'),
          `an offer is open for ${acceptWithin}: with ${remind} left it has not been made yet`,
        );
    }
    for (const step of ['remindAfter', 'every'] as const) {
      if (sound(at('followUp', step)) && isLongerThanAYear(pool.followUp?.[step]))
        report(at('followUp', step), TOO_LONG);
    }
    if (sound(at('returned')) && pool.returned) {
      const { repair = [], never = [] } = pool.returned;
      for (const reason of never.filter((each) => repair.includes(each)))
        report(at('returned', 'never'), `${reason} is under repair, too`);
    }
    for (const need of (sound(at('incomplete', 'needs')) && pool.incomplete?.needs) || []) {
      if (!isNeed(need)) report(at('incomplete', 'needs'), `not a field of a lead: ${need}`);
    }
    if (sound(at('incomplete', 'holdFor')) && isLongerThanAYear(pool.incomplete?.holdFor))
      report(at('incomplete', 'holdFor'), TOO_LONG);

    if (!sound(at('match'))) return;
    const takesAll = Object.keys(pool.match).length === 0;
    const isLast = index === pools.length - 1;
    if (isLast && !takesAll) report(at('match'), 'the last pool must match everything: match: {}');
    if (!isLast && takesAll) report(at('match'), 'matches everything, so no lead reaches the pools after it');
  });
};

/** A year: a clock that never runs out is no clock. */
const MAX_DURATION_MS = 366 * 86_400_000;
const TOO_LONG = 'longer than 366 days';

const readPolicyDocument = documentReader<PolicyDocument>(PolicyDocument, checkPolicy);

/** Whatever its shape: what is in it may be anything until it is known to be sound. */
export function poolsIn(document: PolicyDocument): readonly PoolDocument[] {
  const pools: unknown = (document as Partial<PolicyDocument> | null)?.pools;
  return Array.isArray(pools) ? (pools as PoolDocument[]) : [];
}

function idOf(pool: unknown): unknown {
  return (pool as Partial<PoolDocument> | null)?.id;
}

// --- What decisions read --------------------------------------------------------------------------------------------

/** What a lead counts as where shares are kept: its grade, or that it is incomplete; incomplete is nobody's grade. */
export type Quality = Grade | 'incomplete';

/** A policy document, its defaults filled in, made ready to decide with. */
export interface Policy {
  readonly name: string;
  readonly version: number;
  /** Of the document as it was written. */
  readonly hash: string;
  readonly dealRegistration?: { readonly protectForMs: number; readonly perPartner: number };
  readonly pools: readonly Pool[];
}

export interface Pool {
  readonly id: string;
  readonly match: Match;
  promise(quality: Quality): { readonly direct: number; readonly channel: number };
  /** The weight of a tier; without tiers in the policy, 1 for all. Undefined: the pool does not serve that tier. */
  tierWeight(tier: string): number | undefined;
  /** Folded. */
  readonly certifications: readonly string[];
  readonly offer: {
    readonly acceptWithinMs: number;
    readonly maxOffers: number;
    readonly then: 'direct' | 'nurture';
    readonly revealContact: 'on-offer' | 'on-accept';
    /** Undefined: nobody is reminded. Of the time to accept what is left then. */
    readonly remindWithMsLeft?: number;
  };
  /** Undefined: a returned lead is closed. */
  readonly returned?: ReturnRule;
  /** Undefined: whoever has accepted a lead is not reminded. */
  readonly followUp?: FollowUpRule;
  readonly incomplete: {
    readonly needs: readonly string[];
    readonly holdForMs: number;
    readonly then: 'route' | 'nurture';
  };
  readonly notQualified: { readonly then: 'nurture' };
  readonly consent: { readonly neededFor: 'channel' | 'everyone' | 'nobody' };
  readonly namedAccounts?: { readonly list: string; readonly ceiling: number };
}

/** When a lead that was returned is offered again, by what it was returned for; for any other reason it is at once. */
export interface ReturnRule {
  /** How often one lead is, without a person's word. */
  readonly times: number;
  /** Once it has been completed or corrected. */
  readonly repair: readonly Reason[];
  /** Not without a person's word. */
  readonly never: readonly Reason[];
}

/** When a party is reminded of a lead that it has accepted and says nothing of. */
export interface FollowUpRule {
  /** After its last word. */
  readonly remindAfterMs: number;
  readonly everyMs: number;
  /** Reminders until it says something. */
  readonly most: number;
}

/** Undefined: no condition. Words are folded. */
export interface Match {
  readonly countries?: ReadonlySet<string> | undefined;
  readonly regions?: ReadonlySet<string> | undefined;
  readonly employees?: { readonly from: number; readonly below: number } | undefined;
  readonly revenue?: { readonly from: number; readonly below: number } | undefined;
  readonly products?: ReadonlySet<string> | undefined;
  readonly industries?: ReadonlySet<string> | undefined;
  readonly sources?: ReadonlySet<string> | undefined;
  readonly attributes?: ReadonlyMap<string, AttributeCondition> | undefined;
}

export interface AttributeCondition {
  readonly words?: ReadonlySet<string>;
  readonly range?: { readonly from: number; readonly below: number };
}

/** A day to answer, three tries, then the vendor's own people; contact details to those who commit. */
const offerUnlessSaid = { acceptWithin: '24h', maxOffers: 3, then: 'direct', revealContact: 'on-accept' } as const;

/**
 * What is wrong with a lead is mended first. Spam and duplicates are nobody's, and what a person has answered (no interest, no budget,
 * not yet) the next seller would only hear once more. Whatever else a lead is returned for lies between it and its party.
 */
const returnedUnlessSaid: ReturnRule = {
  times: 2,
  repair: ['inaccurate-data'],
  never: ['spam', 'duplicate', 'no-interest', 'no-budget', 'not-ready'],
};

const REMINDERS_UNLESS_SAID = 2;

/** Deals that one seller can keep an eye on. */
const REGISTRATIONS_UNLESS_SAID = 50;

/** @param document  as `readPolicy` answered it */
export function policyOf(document: PolicyDocument, version: number): Policy {
  const { name, dealRegistration, pools } = document;
  return {
    name,
    version,
    hash: contentHash(document),
    ...(dealRegistration && {
      dealRegistration: {
        protectForMs: durationMs(dealRegistration.protectFor),
        perPartner: dealRegistration.perPartner ?? REGISTRATIONS_UNLESS_SAID,
      },
    }),
    pools: pools.map(poolOf),
  };
}

function poolOf(pool: PoolDocument): Pool {
  const offer = { ...offerUnlessSaid, ...pool.offer };
  const acceptWithinMs = durationMs(offer.acceptWithin);
  const returned = returnRuleOf(pool.returned);
  return {
    id: pool.id,
    match: matchOf(pool.match),
    promise: (quality) => (quality === 'incomplete' ? undefined : pool.promiseByGrade?.[quality]) ?? pool.promise,
    tierWeight: (tier) =>
      pool.tiers === undefined ? 1 : Object.hasOwn(pool.tiers, tier) ? pool.tiers[tier] : undefined,
    certifications: (pool.requires?.certifications ?? []).map(folded),
    offer: {
      acceptWithinMs,
      maxOffers: offer.maxOffers,
      then: offer.then,
      revealContact: offer.revealContact,
      ...(offer.remind !== undefined && { remindWithMsLeft: timeLeftMs(offer.remind, acceptWithinMs) }),
    },
    ...(returned && { returned }),
    ...(pool.followUp && { followUp: followUpRuleOf(pool.followUp) }),
    incomplete: {
      needs: pool.incomplete?.needs ?? [],
      holdForMs: pool.incomplete?.holdFor === undefined ? 0 : durationMs(pool.incomplete.holdFor),
      then: pool.incomplete?.then ?? 'route',
    },
    notQualified: { then: pool.notQualified?.then ?? 'nurture' },
    consent: { neededFor: pool.consent?.neededFor ?? 'channel' },
    ...(pool.namedAccounts && { namedAccounts: pool.namedAccounts }),
  };
}

function returnRuleOf(returned: PoolDocument['returned']): ReturnRule | undefined {
  if (!returned || returned.then === 'close') return undefined;
  const { times, repair, never } = { ...returnedUnlessSaid, ...returned };
  // Who names what needs repair alone takes it out of what is never offered again, and the other way round.
  return {
    times,
    repair: returned.repair ? repair : repair.filter((reason) => !never.includes(reason)),
    never: returned.never ? never : never.filter((reason) => !repair.includes(reason)),
  };
}

function followUpRuleOf({ remindAfter, every, most }: NonNullable<PoolDocument['followUp']>): FollowUpRule {
  const remindAfterMs = durationMs(remindAfter);
  return {
    remindAfterMs,
    everyMs: every === undefined ? remindAfterMs : durationMs(every),
    most: most ?? REMINDERS_UNLESS_SAID,
  };
}

/** @param of  the whole, in milliseconds */
function timeLeftMs(written: string, of: number): number {
  return written.endsWith('%') ? Math.floor((of * Number(written.slice(0, -1))) / 100) : durationMs(written);
}

function matchOf({
  countries,
  regions,
  employees,
  revenue,
  products,
  industries,
  sources,
  attributes,
}: PoolDocument['match']): Match {
  return {
    countries: countries && new Set(countries),
    regions: regions && new Set(regions),
    employees: employees && rangeOf(employees),
    revenue: revenue && rangeOf(revenue),
    products: products && new Set(products.map(folded)),
    industries: industries && new Set(industries.map(folded)),
    sources: sources && new Set(sources),
    attributes:
      attributes &&
      new Map(
        Object.entries(attributes).map(([name, condition]): [string, AttributeCondition] => [
          name,
          Array.isArray(condition) ? { words: new Set(condition.map(folded)) } : { range: rangeOf(condition) },
        ]),
      ),
  };
}

function rangeOf({ from = 0, below = Infinity }: Static<typeof Range>) {
  return { from, below };
}

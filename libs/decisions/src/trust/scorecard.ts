import type { OfferKind } from '../lifecycle/standing.js';
import type { Tally } from '../lifecycle/tally.js';
import { DIRECT } from '../route/party.js';
import { type Counted, measured, promiseKept, type Promised } from './figures.js';
import { type Compared, type LikeForLike, likeForLike } from './like-for-like.js';
import { type Rate, rate } from './rate.js';
import { type Behind, less, mayBeShown, mergedUntil, type Rule, shownOfChain, shownOfParts } from './suppress.js';

/**
 * What is told of all partners together: `whole` to the vendor; to a partner `protected`, without what would tell it another's figures, or
 * `none`, where it asks for what would tell them in the difference to another answer.
 */
export type Together = 'whole' | 'protected' | 'none';

/** A rate of the party itself, beside that of all partners together, itself among them, and that of direct. */
export interface Beside {
  readonly own: Rate;
  /** Null where it is withheld. */
  readonly partners: Rate | null;
  readonly direct: Rate;
}

export interface ComparedOrWithheld {
  /** As a plain report has it. */
  readonly crude: Rate;
  /** With the leads of all; null where it is withheld, or nothing was counted. */
  readonly standardised: Rate | null;
}

export interface ComparedBeside {
  readonly own: ComparedOrWithheld;
  readonly partners: { readonly [Kind in keyof ComparedOrWithheld]: Rate | null };
  readonly direct: ComparedOrWithheld;
}

/** What the party promised by taking part, and kept. */
export interface PartySide {
  /** Not left to run out, of the offers no longer open. */
  readonly answeredInTime: Beside;
  /** Of the same. */
  readonly accepted: Beside;
  /** Of the leads accepted, as all that follow. */
  readonly contacted: Beside;
  readonly qualified: Beside;
  readonly won: Beside;
  readonly lost: Beside;
  readonly returned: Beside;
  readonly likeForLike: {
    /** What share of all accepted leads each grade is, or some grades put together; null where it is withheld. */
    readonly commonMix: LikeForLike['commonMix'] | null;
    readonly qualified: ComparedBeside;
    readonly won: ComparedBeside;
  };
}

export interface PromiseToParty {
  /** Percent; null when no promise is known, or what is known of it is withheld. */
  readonly promised: { readonly direct: number; readonly channel: number } | null;
  /** Of the leads under the promise that anybody kept. */
  readonly received: { readonly direct: Rate; readonly channel: Rate; readonly own: Rate };
}

/** How many leads the party returned, by reason, and what became of those. */
export interface Returns {
  readonly byReason: Readonly<Record<string, number>>;
  /** Those that were never offered to it again. */
  readonly honoured: number;
}

/** What the vendor promised, and kept. */
export interface VendorSide {
  /** By grade, or by some grades put together; empty where it is withheld. */
  readonly promise: Readonly<Record<string, PromiseToParty>>;
  /** Of the offers no longer open: those that stood outside the promise, by why. */
  readonly outside: Readonly<
    Record<'namedAccount' | 'protectedAccount' | 'fallback' | 'override' | 'noConsent', Beside>
  >;
  /** What share of the offers no longer open each grade is. */
  readonly mix: {
    readonly own: Readonly<Record<string, Rate>>;
    /** Grades of which there are too few are put together; empty where not even all together may be told. */
    readonly partners: Readonly<Record<string, Rate>>;
    readonly direct: Readonly<Record<string, Rate>>;
  };
  /** Routed although something was missing; of the offers no longer open. */
  readonly incomplete: Beside;
  /** Confirmed by the receiver's own system, of all offers. */
  readonly delivered: Beside;
  readonly returns: { readonly byReason: Readonly<Record<string, number>>; readonly honoured: Rate };
}

export interface Scorecard {
  readonly together: Together;
  readonly party: PartySide;
  readonly vendor: VendorSide;
}

const grades = ['A', 'B', 'C', 'D', 'incomplete'] as const;
type Grade = (typeof grades)[number];
type Count = (tally: Tally) => number;

const decided: Count = ({ offered, open }) => offered - open;
const inTime: Count = (tally) => decided(tally) - tally.expired;
const of =
  (measure: keyof Tally): Count =>
  (tally) =>
    tally[measure];

const rules: Readonly<Record<Together, Rule>> = { whole: () => true, protected: mayBeShown, none: () => false };

/**
 * One party and the vendor, measured in the same words: each figure of the party beside that of all partners together and that of direct. Who the other
 * partners are, and what one of them did, is nowhere in it; `suppress.ts` has the rule, and a figure of all partners is shown only if
 * every count that it is made of may be.
 * @param counted  of all parties, in one period
 * @param party  `direct` is one as well: the vendor's own people
 */
export function scorecard(
  party: string,
  counted: readonly Counted[],
  promises: readonly Promised[],
  returns: Returns,
  together: Together,
): Scorecard {
  const sides: Sides = {
    party,
    own: counted.filter((each) => each.party === party),
    partners: counted.filter((each) => each.party !== DIRECT),
    direct: counted.filter((each) => each.party === DIRECT),
    rule: rules[together],
  };
  const groups = mergedUntil(grades, (group) => sides.rule(behind(sides, decided, ofGrades(group))));
  const merged = comparedGroups(sides, groups);
  const ofParty = partySide(sides, merged);
  const ofVendor = vendorSide(sides, groups, returns);
  // Last: what was received has a difference to all that is shown by then.
  const received = receivedGroups(sides, merged.length > 0 ? merged : groups, promises, ofParty, ofVendor);
  return {
    together,
    party: besideReceived(sides, received, ofParty),
    vendor: { promise: promiseOf(sides, received, promises), ...ofVendor },
  };
}

interface Sides {
  readonly party: string;
  readonly own: readonly Counted[];
  readonly partners: readonly Counted[];
  readonly direct: readonly Counted[];
  readonly rule: Rule;
}

type Groups = readonly (readonly Grade[])[];
type Which = (counted: Counted) => boolean;

function partySide(sides: Sides, merged: Groups): PartySide {
  const chain = (
    [
      ['decided', decided],
      ['inTime', inTime],
      ['accepted', of('accepted')],
      ['contacted', of('contacted')],
      ['qualified', of('qualified')],
      ['won', of('won')],
    ] as const
  ).map(([name, count]) => [name, behind(sides, count)] as const);
  // What the comparison below is made of comes before what stands between.
  const steps = shownOfChain(chain, ['accepted', 'qualified', 'won', 'inTime', 'contacted'], sides.rule);
  const accepted = behind(sides, of('accepted'));
  const won = behind(sides, of('won'));
  const ends = steps.has('accepted')
    ? shownOfParts(
        steps.has('won') ? less(accepted, won) : accepted,
        [
          ['returned', behind(sides, of('returned'))],
          ['lost', behind(sides, of('lost'))],
        ],
        sides.rule,
      )
    : new Set<string>();
  const step = (name: 'contacted' | 'qualified' | 'won') =>
    beside(sides, of(name), of('accepted'), steps.has('accepted') && steps.has(name));
  const qualified = step('qualified');
  const wonOfAccepted = step('won');
  return {
    answeredInTime: beside(sides, inTime, decided, steps.has('inTime')),
    accepted: beside(sides, of('accepted'), decided, steps.has('accepted')),
    contacted: step('contacted'),
    qualified,
    won: wonOfAccepted,
    lost: beside(sides, of('lost'), of('accepted'), ends.has('lost')),
    returned: beside(sides, of('returned'), of('accepted'), ends.has('returned')),
    likeForLike: compared(sides, merged, { qualified, won: wonOfAccepted }),
  };
}

/** Those groups of grades of which everything that a comparison is made of may be shown: taken, made an opportunity, won. */
function comparedGroups(sides: Sides, groups: Groups): Groups {
  const blocks: readonly Count[] = [
    (tally) => decided(tally) - tally.accepted,
    ({ accepted, qualified }) => accepted - qualified,
    ({ qualified, won }) => qualified - won,
    of('won'),
  ];
  return mergedUntil(groups, (group) =>
    blocks.every((count) => sides.rule(behind(sides, count, ofGrades(group.flat())))),
  ).map((group) => group.flat());
}

function compared(
  sides: Sides,
  merged: Groups,
  crude: Readonly<Record<'qualified' | 'won', Beside>>,
): PartySide['likeForLike'] {
  const all = [...sides.partners, ...sides.direct].map(({ party, grade, tally }) => ({
    ...{ party, tally, grade: merged.find((group) => group.includes(grade ?? 'incomplete'))?.join('+') ?? null },
  }));
  const figures = merged.length === 0 ? undefined : likeForLike(all);
  const conversion = (name: 'qualified' | 'won'): ComparedBeside => {
    const { own, partners, direct } = crude[name];
    const channel = figures?.gap[name].channel;
    return {
      own: { crude: own, standardised: comparedOf(figures, sides.party, name)?.standardised ?? null },
      partners: { crude: partners, standardised: channel?.standardised ?? null },
      direct: { crude: direct, standardised: comparedOf(figures, DIRECT, name)?.standardised ?? null },
    };
  };
  return { commonMix: figures?.commonMix ?? null, qualified: conversion('qualified'), won: conversion('won') };
}

function comparedOf(figures: LikeForLike | undefined, party: string, name: 'qualified' | 'won'): Compared | undefined {
  const ofParty = figures?.likeForLike[party];
  return name === 'won' ? ofParty : ofParty?.qualified;
}

function vendorSide(sides: Sides, groups: Groups, returns: Returns): Omit<VendorSide, 'promise'> {
  const whole = behind(sides, decided);
  const shown = sides.rule(whole)
    ? shownOfParts(
        whole,
        kindsOutside.map(([kind]) => [kind, behind(sides, decided, ofKind(kind))] as const),
        sides.rule,
      )
    : new Set<KindOutside>();
  const outside = (kind: KindOutside) => beside(sides, decided, decided, shown.has(kind), ofKind(kind));
  const deliveries: readonly Count[] = [
    of('delivered'),
    ({ offered, delivered }) => offered - delivered,
    // Of offers the open ones are no part of any other figure here: what is left of them would be told by the difference.
    of('open'),
    decided,
  ];
  const returned = Object.values(returns.byReason).reduce((leads, each) => leads + each, 0);
  return {
    outside: {
      namedAccount: outside('named-account'),
      protectedAccount: outside('protected-account'),
      fallback: outside('fallback'),
      override: outside('override'),
      noConsent: outside('no-consent'),
    },
    mix: {
      own: mixOf(sides.own, eachGrade),
      partners: mixOf(sides.partners, groups),
      direct: mixOf(sides.direct, eachGrade),
    },
    incomplete: beside(
      ...([sides, decided, decided] as const),
      groups.some((group) => group.length === 1 && group[0] === 'incomplete'),
      ofGrades(['incomplete']),
    ),
    delivered: beside(
      ...([sides, of('delivered'), of('offered')] as const),
      deliveries.every((count) => sides.rule(behind(sides, count))),
    ),
    returns: { byReason: returns.byReason, honoured: rate(returns.honoured, returned) },
  };
}

/** Those before are rather shown than those that follow. */
const kindsOutside = [
  ['override', 'override'],
  ['protected-account', 'protectedAccount'],
  ['fallback', 'fallback'],
  ['named-account', 'namedAccount'],
  ['no-consent', 'noConsent'],
] as const;
type KindOutside = (typeof kindsOutside)[number][0];

const eachGrade: Groups = grades.map((grade) => [grade]);

function mixOf(counted: readonly Counted[], groups: Groups): Record<string, Rate> {
  const all = sum(counted, decided);
  return Object.fromEntries(
    groups.map((group) => [group.join('+'), rate(sum(counted.filter(ofGrades(group)), decided), all)]),
  );
}

/** Grades of which it is told together what was received, and what was counted of them under the promise. */
type Received = readonly (readonly [group: readonly Grade[], counted: readonly Counted[]])[];

/**
 * What anybody kept of the leads under the promise is a link of the chain: of offers no longer open, those accepted, those kept, those won. So of each group
 * and of all, what it leaves of these may be shown as well. Of a past quarter none is open, so it is judged without the open ones also.
 */
function receivedGroups(
  sides: Sides,
  groups: Groups,
  promises: readonly Promised[],
  party: PartySide,
  vendor: Omit<VendorSide, 'promise'>,
): Received {
  const all = [...sides.direct, ...sides.partners];
  const under = (group: readonly Grade[]) =>
    measured(
      all.filter((each) => each.kind === 'share' && ofGrades(group)(each)),
      promises,
    );
  const mayShow = (group: readonly Grade[]) => {
    const counted = under(group);
    const kept = behindOf(sides, counted, keptOfClosed);
    const leaves = (count: Count) => sides.rule(less(behind(sides, count, ofGrades(group)), kept));
    return (
      [of('kept'), keptOfClosed, keptNotWon].every((count) => sides.rule(behindOf(sides, counted, count))) &&
      [decided, of('accepted')].every(leaves)
    );
  };
  const received = mergedUntil(groups, (each) => mayShow(each.flat())).map((each) => {
    const group = each.flat();
    return [group, under(group)] as const;
  });
  return leavesEnough(sides, countedOf(received), party, vendor) ? received : [];
}

const keptOfClosed: Count = ({ kept, open }) => kept - open;
const keptNotWon: Count = (tally) => keptOfClosed(tally) - tally.won;

/** Whether what is shown of all grades together alone leaves enough beside all that was kept. */
function leavesEnough(
  sides: Sides,
  counted: readonly Counted[],
  { answeredInTime, lost, won }: PartySide,
  { outside, delivered }: Omit<VendorSide, 'promise'>,
): boolean {
  const kept = behindOf(sides, counted, keptOfClosed);
  const inHand: Count = (tally) => (won.partners ? keptNotWon(tally) : keptOfClosed(tally)) - tally.lost;
  const kindsShown = kindsOutside.filter(([, name]) => outside[name].partners !== null);
  const withinPromise = (count: Count): Behind =>
    kindsShown.reduce((rest, [kind]) => less(rest, behind(sides, decided, ofKind(kind))), behind(sides, count));
  return [
    less(withinPromise(decided), kept),
    ...(answeredInTime.partners ? [less(behind(sides, inTime), kept)] : []),
    ...(lost.partners ? [behindOf(sides, counted, inHand)] : []),
    ...(delivered.partners ? [less(withinPromise(of('offered')), behindOf(sides, counted, of('kept')))] : []),
  ].every(sides.rule);
}

/** Returns are not told where, with what was received, they would tell what was accepted and taken away again, or outside the promise. */
function besideReceived(sides: Sides, received: Received, party: PartySide): PartySide {
  const rest = less(
    behind(sides, ({ accepted, returned }) => accepted - returned),
    behindOf(sides, countedOf(received), keptOfClosed),
  );
  if (received.length === 0 || sides.rule(rest)) return party;
  return { ...party, returned: { ...party.returned, partners: null } };
}

function countedOf(received: Received): readonly Counted[] {
  return received.flatMap(([, counted]) => counted);
}

function promiseOf(sides: Sides, received: Received, promises: readonly Promised[]): VendorSide['promise'] {
  return Object.fromEntries(
    received.map(([group, counted]) => {
      const kept = promiseKept(counted, promises);
      const own = sum(
        counted.filter((each) => each.party === sides.party),
        of('kept'),
      );
      return [
        group.join('+'),
        {
          promised: tellsNoMixture(sides, counted, promises) ? kept.promised : null,
          received: { ...kept.received, own: rate(own, kept.received.direct.trials) },
        },
      ];
    }),
  );
}

/** The mean of two promises tells how many leads were routed under each. */
function tellsNoMixture(sides: Sides, counted: readonly Counted[], promises: readonly Promised[]): boolean {
  const percentOf = ({ policy, pool, grade }: Counted) =>
    promises.find((each) => each.policy === policy && each.pool === pool && each.grade === grade)?.directPercent;
  const byPercent = Map.groupBy(counted, percentOf);
  return byPercent.size <= 1 || [...byPercent.values()].every((each) => sides.rule(behindOf(sides, each, of('kept'))));
}

function beside(sides: Sides, successes: Count, trials: Count, isShown: boolean, which: Which = () => true): Beside {
  const rateOf = (counted: readonly Counted[]) => rate(sum(counted.filter(which), successes), sum(counted, trials));
  return {
    own: rateOf(sides.own),
    partners: isShown ? rateOf(sides.partners) : null,
    direct: rateOf(sides.direct),
  };
}

function behind(sides: Sides, count: Count, which: Which = () => true): Behind {
  return behindOf(sides, sides.partners.filter(which), count);
}

function behindOf({ party }: Sides, counted: readonly Counted[], count: Count): Behind {
  const others = counted.filter((each) => each.party !== party && each.party !== DIRECT);
  return new Map([...Map.groupBy(others, (each) => each.party)].map(([other, each]) => [other, sum(each, count)]));
}

function ofGrades(group: readonly Grade[]): Which {
  return ({ grade }) => group.includes(grade ?? 'incomplete');
}

function ofKind(kind: OfferKind): Which {
  return (each) => each.kind === kind;
}

/** Counts are sums and differences of measures, so it is the same whether they are taken before or after. */
function sum(counted: readonly Counted[], count: Count): number {
  let total = 0;
  for (const { tally } of counted) total += count(tally);
  return total;
}

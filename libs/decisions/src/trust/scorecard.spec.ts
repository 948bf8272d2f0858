import fc from 'fast-check';
import { nothing, type Tally } from '../lifecycle/tally.js';
import { type Counted, measured } from './figures.js';
import { type Beside, type Scorecard, scorecard } from './scorecard.js';
import { mayBeShown } from './suppress.js';

const counted = (party: string, tally: Partial<Tally>, overrides: Partial<Counted> = {}): Counted => ({
  ...({ party, grade: 'A', kind: 'share', pool: 'smb', policy: 'emea@1' } as const),
  tally: { ...nothing, ...tally },
  ...overrides,
});
const worked = {
  offered: 12,
  delivered: 6,
  accepted: 10,
  expired: 2,
  kept: 10,
  contacted: 9,
  qualified: 6,
  won: 3,
  lost: 2,
};
const promises = (['A', 'B', 'C', 'D', null] as const).map((grade) => ({
  ...{ policy: 'emea@1', pool: 'smb', grade, directPercent: 40 },
}));
const noReturns = { byReason: {}, honoured: 0 };

/** What became of offers, each a kind that has nothing in common with another. */
const atoms = [
  'open',
  'withdrawn',
  'expired',
  'declined',
  'inHand',
  'called',
  'dealt',
  'lost',
  'returned',
  'calledAndReturned',
  'dealtAndReturned',
  'takenAway',
  'won',
] as const;
type Atoms = Readonly<Record<(typeof atoms)[number], number>>;
const tallyOf = (of: Atoms): Tally => {
  const returned = of.returned + of.calledAndReturned + of.dealtAndReturned;
  const accepted = of.inHand + of.called + of.dealt + of.lost + returned + of.takenAway + of.won;
  const qualified = of.dealt + of.dealtAndReturned + of.won;
  return {
    ...{ offered: of.open + of.withdrawn + of.expired + of.declined + accepted, delivered: of.open + of.called },
    ...{ open: of.open, withdrawn: of.withdrawn + of.takenAway, expired: of.expired, declined: of.declined, accepted },
    ...{ kept: of.open + accepted - returned - of.takenAway, lost: of.lost, returned, won: of.won },
    ...{ contacted: of.called + of.calledAndReturned + qualified, qualified },
  };
};
/** @param never  what there is none of */
const someTally = (never: readonly string[]) =>
  fc
    .record(
      Object.fromEntries(
        atoms.map((atom) => [atom, never.includes(atom) ? fc.constant(0) : fc.oneof(fc.nat(2), fc.nat(30))]),
      ) as never,
    )
    .map((of) => tallyOf(of as Atoms));
const someCounted = (parties: readonly string[], never: readonly string[] = []): fc.Arbitrary<Counted[]> =>
  fc
    .array(
      fc.record({
        party: fc.constantFrom(...parties),
        grade: fc.constantFrom('A', 'B', 'C', 'D', null),
        kind: fc.constantFrom('share', 'share', 'share', 'override', 'fallback', 'protected-account'),
        pool: fc.constant('smb'),
        policy: fc.constantFrom('emea@1', 'emea@1', 'emea@2'),
        tally: someTally(never),
      }),
      { minLength: 1, maxLength: 30 },
    )
    .map((all) => all as Counted[]);

describe('a two-way scorecard', () => {
  const all = [
    counted('direct', { ...worked, offered: 30 }),
    counted('direct', { offered: 5, accepted: 5, kept: 5 }, { kind: 'named-account' }),
    counted('acme', worked),
    counted('acme', { offered: 2, expired: 2 }, { grade: null, kind: 'override' }),
    counted('bolt', worked),
  ];

  it('has of each figure the party’s own, that of all partners, and that of direct', () => {
    const card = scorecard('acme', all, promises, { byReason: { spam: 2, 'no-fit': 1 }, honoured: 2 }, 'whole');
    const counts = ({ own, partners, direct }: Beside) =>
      [own, partners, direct].map((each) => [each?.successes, each?.trials]);
    expect(counts(card.party.answeredInTime)).toEqual([
      [10, 14],
      [22 - 2, 26],
      [33, 35],
    ]);
    expect(counts(card.party.accepted)).toEqual([
      [10, 14],
      [20, 26],
      [15, 35],
    ]);
    expect(counts(card.party.won)).toEqual([
      [3, 10],
      [6, 20],
      [3, 15],
    ]);
    expect(counts(card.vendor.incomplete)).toEqual([
      [2, 14],
      [2, 26],
      [0, 35],
    ]);
    expect(counts(card.vendor.outside.override)[0]).toEqual([2, 14]);
    expect(counts(card.vendor.outside.namedAccount)[2]).toEqual([5, 35]);
    expect(counts(card.vendor.delivered)[0]).toEqual([6, 14]);
    expect(card.vendor.promise['A']).toMatchObject({
      promised: { direct: 40, channel: 60 },
      received: {
        direct: { successes: 10, trials: 30 },
        channel: { successes: 20, trials: 30 },
        own: { successes: 10, trials: 30 },
      },
    });
    expect(card.vendor.mix.own).toMatchObject({ A: { successes: 12, trials: 14 }, incomplete: { successes: 2 } });
    expect(card.vendor.returns.honoured).toMatchObject({ successes: 2, trials: 3 });
    expect(card.party.likeForLike.won.own).toMatchObject({
      crude: { successes: 3, trials: 10 },
      standardised: { value: 0.3 },
    });
  });

  it('is one of direct as well', () => {
    const card = scorecard('direct', all, promises, noReturns, 'whole');
    expect(card.party.won.own).toEqual(card.party.won.direct);
    expect(card.party.won.partners).toMatchObject({ successes: 6, trials: 20 });
  });

  it('tells a partner nothing at all about the only other one: whatever that does, the answer is the same', () => {
    fc.assert(
      fc.property(someCounted(['acme', 'direct']), someCounted(['bolt']), (known, unknown) => {
        const card = (also: readonly Counted[]) =>
          scorecard('acme', [...known, ...also], promises, noReturns, 'protected');
        expect(card(unknown)).toEqual(card([]));
      }),
    );
  });

  it('tells a partner that asks for a part of what may be told nothing of others', () => {
    fc.assert(
      fc.property(someCounted(['acme', 'direct']), someCounted(['bolt', 'cato', 'dune']), (known, unknown) => {
        const card = (also: readonly Counted[]) => scorecard('acme', [...known, ...also], promises, noReturns, 'none');
        expect(card(unknown)).toEqual(card([]));
      }),
    );
  });

  // Of a past quarter nothing is open any more, and whoever looks knows that; often nothing was taken away either.
  it.each([[[]], [['open']], [['open', 'takenAway']]])(
    'shows a partner only what may be shown, and no combination of it gives back what is withheld, where it knows that there is nothing of %j',
    (never) => {
      let [shownOnes, withheldOnes, promisesShown] = [0, 0, 0];
      const units = unitsWithout(never);
      fc.assert(
        fc.property(someCounted(['acme', 'direct', 'bolt', 'cato', 'dune'], never), (counts) => {
          const card = scorecard('acme', counts, promises, noReturns, 'protected');
          const told = formsOf(card, counts);
          for (const form of told.shown) expect(mayBeShown(othersOf(counts, form))).toBe(true);
          const among = toldApart(units, [...told.shown, ...told.withheld]);
          for (const form of differences(told.shown, among)) expect(mayBeShown(othersOf(counts, form))).toBe(true);
          const givesBack = combinations(told.shown, among);
          for (const form of told.withheld) expect(givesBack(form)).toBe(false);
          shownOnes += told.shown.length;
          withheldOnes += told.withheld.length;
          promisesShown += Object.keys(card.vendor.promise).length;
        }),
        { numRuns: 50 },
      );
      // Neither all nor nothing is withheld of these.
      expect(Math.min(shownOnes, withheldOnes)).toBeGreaterThan(100);
      expect(promisesShown).toBeGreaterThan(0);
    },
    20_000,
  );

  it('does not tell by what was received how many leads others returned, where that is withheld', () => {
    // Of a past quarter: none is open, and what was accepted and is not kept was returned.
    const others = (returned: readonly [number, number]) =>
      ['bolt', 'cato'].map((party, at) =>
        counted(party, {
          ...{ offered: 70, accepted: 50, expired: 20, returned: returned[at] },
          kept: 50 - (returned[at] as number),
        }),
      );
    const told = (...returned: readonly [number, number]) => {
      const { party, vendor } = scorecard('acme', others(returned), promises, noReturns, 'protected');
      return [party.accepted.partners !== null, party.returned.partners !== null, Object.keys(vendor.promise).length];
    };
    expect(told(3, 0)).toEqual([true, false, 0]);
    expect(told(7, 0)).toEqual([true, false, 0]);
    expect(told(0, 0)).toEqual([true, false, 0]);
    // Seven of two may be told. That all of these were returned would say that nothing was taken away, or outside the promise.
    expect(told(4, 3)).toEqual([true, false, 1]);
  });

  it('does not tell by what was received what one other alone declined', () => {
    const others = (declined: number) => [
      counted('bolt', { offered: 50, accepted: 50 - declined, declined, kept: 50 - declined }),
      counted('cato', { offered: 50, accepted: 50, kept: 50 }),
    ];
    const { party, vendor } = scorecard('acme', others(4), promises, noReturns, 'protected');
    expect([party.accepted.partners, party.answeredInTime.partners]).toEqual([null, null]);
    expect(vendor.mix.partners).toMatchObject({ 'A+B+C+D+incomplete': { trials: 100 } });
    expect(vendor.promise).toEqual({});
  });

  it('does not tell it of the leads under the promise either, where those outside it are known', () => {
    const others = (declined: readonly [number, number]) =>
      ['bolt', 'cato'].flatMap((party, at) => {
        const kept = 50 - Number(declined[at]);
        return [
          counted(party, { offered: 50, declined: declined[at], accepted: kept, kept }),
          counted(party, { offered: 10, accepted: 10, kept: 10 }, { kind: 'override' }),
        ];
      });
    const told = (...declined: readonly [number, number]) => {
      const { outside, promise } = scorecard('acme', others(declined), promises, noReturns, 'protected').vendor;
      return [outside.override.partners?.successes, Object.keys(promise)];
    };
    // Of a hundred and twenty offers twenty were overrides, and ninety-six were kept.
    expect(told(4, 0)).toEqual([20, []]);
    expect(told(4, 4)).toEqual([20, ['A+B+C+D+incomplete']]);
  });

  /** What became of the offers of two others, one behind the other. */
  const received = (of: Readonly<Record<string, readonly [number, number]>>, beside: readonly Counted[] = []) => {
    const each = (at: 0 | 1): Partial<Tally> =>
      Object.fromEntries(Object.entries(of).map(([name, counts]) => [name, counts[at]]));
    const others = [counted('bolt', each(0)), counted('cato', each(1)), ...beside];
    const { party, vendor } = scorecard('acme', others, promises, noReturns, 'protected');
    return { party, isTold: Object.keys(vendor.promise).length > 0 };
  };

  it('does not tell it beside those answered in time, where one alone declined most that was not kept', () => {
    const told = (declined: readonly [number, number]) => {
      const offered = [160 + declined[0], 160 + declined[1]] as const;
      const of = { accepted: [150, 150], expired: [10, 10], returned: [5, 5], kept: [145, 145] } as const;
      const { party, isTold } = received({ ...of, offered, declined });
      return [party.answeredInTime.partners !== null, isTold];
    };
    expect(told([100, 0])).toEqual([true, false]);
    expect(told([100, 30])).toEqual([true, true]);
  });

  it('does not tell it beside those lost, where one alone has nearly all that is still in hand', () => {
    const of = { expired: [20, 20], lost: [20, 20], returned: [7, 0], withdrawn: [0, 7] } as const;
    const told = (more: Parameters<typeof received>[0]) => {
      const { party, isTold } = received({ ...of, ...more });
      return [party.lost.partners !== null, party.won.partners !== null, isTold];
    };
    expect(told({ offered: [107, 49], accepted: [87, 29], kept: [80, 22] })).toEqual([true, false, false]);
    // Those won are no longer in hand, where one is told how many they are.
    const won = { won: [20, 20], qualified: [40, 22] } as const;
    expect(told({ offered: [127, 69], accepted: [107, 49], kept: [100, 42], ...won })).toEqual([true, true, false]);
    const few = { won: [0, 8], qualified: [0, 8] } as const;
    expect(told({ offered: [107, 57], accepted: [87, 37], kept: [80, 30], ...few })).toEqual([true, false, true]);
  });

  it('does not tell it beside all deliveries, where one alone has the open offers that are outside the promise', () => {
    const of = { accepted: [80, 80], expired: [20, 20], returned: [7, 7], delivered: [60, 100] } as const;
    const overrides = (open: number) => counted('bolt', { offered: open, open, kept: open }, { kind: 'override' });
    const told = (open: number) => {
      const offers = { offered: [100, 200], open: [0, 100], kept: [73, 173] } as const;
      return received({ ...of, ...offers }, [overrides(open)]).isTold;
    };
    expect([told(300), told(60)]).toEqual([false, true]);
  });

  it('keeps to itself how many offers of others are open, which deliveries of all offers would tell', () => {
    const others = (open: number) =>
      ['bolt', 'cato'].map((party) => counted(party, { offered: 40 + open, open, delivered: 20, accepted: 20 }));
    const delivered = (open: number) =>
      scorecard('acme', others(open), promises, noReturns, 'protected').vendor.delivered.partners;
    expect(delivered(2)).toBe(null);
    expect(delivered(3)).toMatchObject({ successes: 40, trials: 86 });
  });

  it('does not tell what was received where one other alone kept leads under the promise', () => {
    const others = (kept: number) => [
      counted('bolt', { offered: 50, accepted: 45, kept: 40 }),
      counted('cato', { offered: 50, accepted: 25, kept }),
    ];
    const promise = (kept: number) =>
      Object.keys(scorecard('acme', others(kept), promises, noReturns, 'protected').vendor.promise);
    expect(promise(0)).toEqual([]);
    expect(promise(20)).toEqual(['A+B+C+D+incomplete']);
  });

  it('keeps to itself by what way offers came to one other partner', () => {
    const others = ['bolt', 'cato'].map((party) => counted(party, { offered: 40, accepted: 20 }));
    const told = (overrides: readonly string[]) =>
      scorecard(
        'acme',
        [...others, ...overrides.map((party) => counted(party, { offered: 9, accepted: 9 }, { kind: 'override' }))],
        promises,
        noReturns,
        'protected',
      ).vendor.outside.override.partners;
    expect(told(['bolt'])).toBe(null);
    expect(told(['bolt', 'cato'])).toMatchObject({ successes: 18, trials: 98 });
  });

  it('does not tell by the mean of two promises how many leads were routed under each', () => {
    const told = (under: number) =>
      scorecard(
        'acme',
        ['bolt', 'cato'].flatMap((party) => [
          counted(party, { offered: 60, accepted: 50, kept: 40 }),
          ...(under === 0
            ? []
            : [counted(party, { offered: under, accepted: under, kept: under }, { policy: 'emea@2' })]),
        ]),
        [...promises, { policy: 'emea@2', pool: 'smb', grade: 'A', directPercent: 20 }],
        noReturns,
        'protected',
      ).vendor.promise['A+B+C+D+incomplete'];
    expect(told(0)).toMatchObject({ promised: { direct: 40 } });
    expect(told(1)).toMatchObject({ promised: null, received: { channel: { successes: 82 } } });
    expect(told(40)).toMatchObject({ promised: { direct: 30 } });
  });

  it('shows a partner the figures of all where many are behind them', () => {
    const many = ['acme', 'bolt', 'cato', 'dune'].flatMap((party) =>
      (['A', 'B', 'C', 'D', null] as const).map((grade) =>
        counted(
          party,
          tallyOf({
            ...{ open: 3, withdrawn: 3, expired: 3, declined: 3, inHand: 3, called: 3, dealt: 3, lost: 3, returned: 3 },
            ...{ calledAndReturned: 3, dealtAndReturned: 3, takenAway: 3, won: 3 },
          }),
          { grade },
        ),
      ),
    );
    const card = (together: 'whole' | 'protected') => scorecard('acme', many, promises, noReturns, together);
    expect({ ...card('protected'), together: 'whole' }).toMatchObject({
      ...card('whole'),
      vendor: { ...card('whole').vendor, outside: expect.anything() as object },
    });
  });
});

type Form = (counted: Counted) => number;
const names = ['A', 'B', 'C', 'D', 'incomplete'];
const named = ({ grade }: Counted) => grade ?? 'incomplete';
const decided: Form = ({ tally }) => tally.offered - tally.open;
const measures: Readonly<Record<string, Form>> = {
  answeredInTime: (each) => decided(each) - each.tally.expired,
  accepted: ({ tally }) => tally.accepted,
  contacted: ({ tally }) => tally.contacted,
  qualified: ({ tally }) => tally.qualified,
  won: ({ tally }) => tally.won,
  lost: ({ tally }) => tally.lost,
  returned: ({ tally }) => tally.returned,
};
const only =
  (grades: readonly string[], form: Form): Form =>
  (each) =>
    grades.includes(named(each)) ? form(each) : 0;

const kinds = {
  namedAccount: 'named-account',
  protectedAccount: 'protected-account',
  fallback: 'fallback',
  override: 'override',
  noConsent: 'no-consent',
} as const;
const plus =
  (forms: readonly Form[]): Form =>
  (each) =>
    forms.reduce((sum, form) => sum + form(each), 0);
const minus =
  (whole: Form, part: Form): Form =>
  (each) =>
    whole(each) - part(each);

/** What a partner can read off, as sums over what became of offers; a comparison is taken to tell all that it is made of. */
function formsOf(card: Scorecard, counts: readonly Counted[]): { shown: Form[]; withheld: Form[] } {
  const [shown, withheld]: [Form[], Form[]] = [[], []];
  const tell = (isShown: boolean, ...forms: readonly Form[]) => (isShown ? shown : withheld).push(...forms);
  const { party, vendor } = card;
  const groups = Object.keys(vendor.mix.partners);
  tell(groups.length > 0, decided);
  for (const [name, form] of Object.entries(measures)) tell(party[name as 'won'].partners !== null, form);
  for (const group of groups) shown.push(only(group.split('+'), decided));
  for (const name of names) if (!groups.includes(name)) withheld.push(only([name], decided));
  tell(vendor.incomplete.partners !== null, only(['incomplete'], decided));
  const compared = Object.keys(party.likeForLike.commonMix ?? {});
  for (const group of compared)
    for (const name of ['accepted', 'qualified', 'won']) shown.push(only(group.split('+'), measures[name] as Form));
  for (const name of names)
    if (!compared.includes(name))
      for (const form of [measures['accepted'], measures['won']]) withheld.push(only([name], form as Form));
  tell(vendor.delivered.partners !== null, ({ tally }) => tally.delivered);
  // Where none is open, these are those no longer open.
  if (vendor.delivered.partners !== null) shown.push(({ tally }) => tally.offered);

  const outside = Object.entries(kinds).map(([name, kind]) => {
    const form: Form = (each) => (each.kind === kind ? decided(each) : 0);
    return { form, isShown: vendor.outside[name as keyof typeof kinds].partners !== null };
  });
  for (const { form, isShown } of outside) tell(isShown, form);
  const kinded = outside.flatMap(({ form, isShown }) => (isShown ? [form] : []));

  const promised = Object.keys(vendor.promise).map((group) => keptIn(group.split('+'), counts));
  shown.push(...promised);
  for (const name of names) if (!(name in vendor.promise)) withheld.push(keptIn([name], counts));
  // Sums of several, where a difference of two is looked for.
  if (promised.length > 0) shown.push(plus(promised));
  if (groups.length > 0 && kinded.length > 0) shown.push(minus(decided, plus(kinded)));
  if (party.returned.partners !== null) shown.push(minus(measures['accepted'] as Form, measures['returned'] as Form));
  if (party.lost.partners !== null && party.won.partners !== null)
    shown.push(plus([measures['lost'] as Form, measures['won'] as Form]));
  return { shown, withheld };
}

/** Of leads under the promise; where there are none of these, of all shares. */
function keptIn(grades: readonly string[], counts: readonly Counted[]): Form {
  const shares = counts.filter((each) => each.kind === 'share' && grades.includes(named(each)));
  const others = new Set(shares.map(({ policy }) => policy));
  for (const { policy } of measured(shares, promises)) others.delete(policy);
  return only(grades, ({ kind, policy, tally }) => (kind === 'share' && !others.has(policy) ? tally.kept : 0));
}

/** Of two forms one less the other, where that counts something: it is never less than nothing. */
function differences(forms: readonly Form[], among: readonly Counted[]): Form[] {
  return forms.flatMap((whole) =>
    forms
      .map((part) => minus(whole, part))
      .filter((form) => {
        const counts = among.map(form);
        return counts.every((count) => count >= 0) && counts.some((count) => count > 0);
      }),
  );
}

function othersOf(counts: readonly Counted[], form: Form): Map<string, number> {
  const others = new Map<string, number>();
  for (const each of counts)
    if (each.party !== 'acme' && each.party !== 'direct')
      others.set(each.party, (others.get(each.party) ?? 0) + form(each));
  return others;
}

/** Whether a combination of these forms gives another, for whatever there is of each grade and atom. */
function combinations(forms: readonly Form[], among: readonly Counted[]): (wanted: Form) => boolean {
  const row = (form: Form) => among.map((unit) => form(unit));
  const rows = forms.map(row);
  const known = rank(rows);
  return (wanted) => rank([...rows, row(wanted)]) === known;
}

/** One offer of each grade, kind and policy, and of each thing that can have become of it. */
function unitsWithout(never: readonly string[]): readonly Counted[] {
  const none = Object.fromEntries(atoms.map((each) => [each, 0])) as Atoms;
  return (['A', 'B', 'C', 'D', null] as const).flatMap((grade) =>
    [{ kind: 'share' as const }, { policy: 'emea@2' }, ...Object.values(kinds).map((kind) => ({ kind }))].flatMap(
      (way) =>
        atoms
          .filter((atom) => !never.includes(atom))
          .map((atom) => counted('bolt', tallyOf({ ...none, [atom]: 1 }), { grade, ...way })),
    ),
  );
}

/** One of those that all of these forms count alike. */
function toldApart(units: readonly Counted[], forms: readonly Form[]): readonly Counted[] {
  return [...new Map(units.map((unit) => [forms.map((form) => form(unit)).join(), unit])).values()];
}

/** By Gauss, modulo a prime: exact. */
function rank(rows: readonly (readonly number[])[]): number {
  const prime = 1_000_003;
  const left = rows.map((row) => row.map((each) => ((each % prime) + prime) % prime));
  const power = (base: number, exponent: number): number =>
    exponent === 0 ? 1 : (power((base * base) % prime, Math.floor(exponent / 2)) * (exponent % 2 ? base : 1)) % prime;
  let found = 0;
  for (let column = 0; column < (left[0]?.length ?? 0); column += 1) {
    const at = left.findIndex((row, index) => index >= found && row[column] !== 0);
    if (at === -1) continue;
    const [pivot] = left.splice(at, 1) as [number[]];
    left.splice(found, 0, pivot);
    const inverse = power(pivot[column] as number, prime - 2);
    for (const row of left.slice(found + 1)) {
      const factor = ((row[column] as number) * inverse) % prime;
      if (factor !== 0)
        for (const [index, each] of pivot.entries())
          row[index] = ((((row[index] as number) - factor * each) % prime) + prime) % prime;
    }
    found += 1;
  }
  return found;
}

import fc from 'fast-check';
import { nothing, sumOf, type Tally } from '../lifecycle/tally.js';
import { type Counted, type Figures, trustFigures } from './figures.js';
import { likeForLike, likeForLikeBy } from './like-for-like.js';

const counted = (party: string, grade: Counted['grade'], tally: Partial<Tally>): Counted => ({
  ...{ party, grade, kind: 'share', pool: 'smb', policy: 'emea@1' },
  tally: { ...nothing, ...tally },
});

const near = (value: number) => expect.closeTo(value, 9) as number;

describe('like for like', () => {
  it('shows that a direct team with the better leads works no better than its partners', () => {
    // The same work on both sides: 50 % of the As and 10 % of the Ds are won. Direct kept the As.
    const {
      likeForLike: parties,
      gap,
      commonMix,
    } = likeForLike([
      counted('direct', 'A', { accepted: 80, qualified: 60, won: 40, kept: 80, lost: 10 }),
      counted('direct', 'D', { accepted: 20, qualified: 5, won: 2, kept: 20, lost: 18 }),
      counted('acme', 'A', { accepted: 10, qualified: 7, won: 5, kept: 10, lost: 5 }),
      counted('acme', 'D', { accepted: 90, qualified: 30, won: 9, kept: 60, lost: 51, returned: 30 }),
    ]);
    expect(commonMix).toEqual({ A: near(0.45), D: near(0.55) });
    expect(parties['direct']).toMatchObject({
      crude: { value: 0.42, successes: 42, trials: 100 },
      standardised: { value: near(0.28), successes: 42, trials: 100 },
      qualified: { crude: { value: 0.65 }, standardised: { value: near(0.45 * 0.75 + 0.55 * 0.25) } },
      covered: 1,
      unfinished: 30,
    });
    expect(parties['acme']).toMatchObject({
      crude: { value: 0.14 },
      standardised: { value: near(0.28) },
      unfinished: 0,
    });
    expect(gap.won).toMatchObject({
      direct: { crude: { value: 0.42 }, standardised: { value: near(0.28) } },
      channel: { crude: { value: 0.14 }, standardised: { value: near(0.28) } },
      apart: { gap: { value: near(0.28) }, betterLeads: { value: near(0.28) }, betterWork: { value: near(0) } },
    });
  });

  it('keeps leads without a grade apart, and says how much of the mix a party has', () => {
    const { likeForLike: parties } = likeForLike([
      counted('direct', 'A', { accepted: 30 }),
      counted('acme', null, { accepted: 10 }),
    ]);
    expect([parties['direct']?.covered, parties['acme']?.covered]).toEqual([0.75, 0.25]);
  });

  it('of nothing is nothing: no rates, and no gap', () => {
    const {
      commonMix,
      likeForLike: parties,
      gap,
    } = likeForLike([counted('acme', 'A', { offered: 3, open: 3, kept: 3 })]);
    expect(commonMix).toEqual({});
    const none = { value: null, successes: 0, trials: 0, low: null, high: null };
    expect(parties).toEqual({
      acme: {
        ...{ crude: none, standardised: none },
        ...{ qualified: { crude: none, standardised: none }, covered: 0, unfinished: 0 },
      },
    });
    expect(gap.won.apart).toBeNull();
  });

  const tallies = () =>
    fc
      .record({
        party: fc.constantFrom('direct', 'acme', 'bolt'),
        grade: fc.constantFrom('A', 'B', 'C', 'D', null),
        counts: fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50), fc.nat(50)),
      })
      .map(({ party, grade, counts: [won, lost, qualified, working] }) => {
        const accepted = won + lost + qualified + working;
        return counted(party, grade, { accepted, kept: accepted, won, lost, qualified: won + qualified });
      });

  it('has the crude rates of the other figures, and totals that add up: no lead is counted twice', () => {
    fc.assert(
      fc.property(fc.array(tallies()), (all) => {
        const { likeForLike: parties, gap } = likeForLike(all);
        const figures = trustFigures(all, []);
        for (const [party, { crude, standardised, qualified, unfinished }] of Object.entries(parties)) {
          const { rates, counts } = figures.parties[party]?.['all'] as Figures;
          expect([crude, qualified.crude]).toEqual([rates.won, rates.qualified]);
          expect([standardised.successes, standardised.trials]).toEqual([crude.successes, crude.trials]);
          expect(unfinished).toBe(counts.accepted - counts.won - counts.lost);
        }
        const sum = (of: (party: string) => boolean, what: 'successes' | 'trials') =>
          Object.entries(parties).reduce((total, [party, { crude }]) => total + (of(party) ? crude[what] : 0), 0);
        for (const what of ['successes', 'trials'] as const) {
          expect(gap.won.direct.crude[what]).toBe(sum((party) => party === 'direct', what));
          expect(gap.won.channel.crude[what]).toBe(sum((party) => party !== 'direct', what));
        }
      }),
    );
  });

  it('is the same to the last bit, in whatever order and groups the counts come', () => {
    fc.assert(
      fc.property(fc.array(tallies()), (all) => {
        const summed = [...Map.groupBy(all, ({ party, grade }) => `${party} ${grade}`).values()].map((each) => ({
          ...(each[0] as Counted),
          tally: sumOf(each.map(({ tally }) => tally)),
        }));
        const turned = summed.toReversed();
        expect(JSON.stringify(likeForLike(turned))).toBe(JSON.stringify(likeForLike(all)));
      }),
    );
  });

  it('by an attribute has the same totals, and what has no kind of it is a kind of its own', () => {
    const parts = () => fc.array(fc.record({ of: tallies(), kind: fc.constantFrom('small', 'large', undefined) }));
    fc.assert(
      fc.property(parts(), (all) => {
        const counts = all.map(({ of }) => of);
        const kinds = all.flatMap(({ of: { party, tally }, kind }) => (kind ? [{ party, kind, tally }] : []));
        const [byGrade, bySize] = [likeForLike(counts), likeForLikeBy('attributes.size', counts, kinds)];
        for (const [party, { crude, qualified, unfinished }] of Object.entries(byGrade.likeForLike)) {
          const same = bySize.likeForLike[party];
          expect([same?.crude, same?.qualified.crude, same?.unfinished]).toEqual([crude, qualified.crude, unfinished]);
        }
        expect(bySize.gap.won.channel.crude).toEqual(byGrade.gap.won.channel.crude);
        const accepted = (which: typeof all) => which.reduce((sum, { of }) => sum + of.tally.accepted, 0);
        const none = accepted(all.filter(({ kind }) => kind === undefined));
        expect(bySize.commonMix['none'] ?? 0).toBeCloseTo(none === 0 ? 0 : none / accepted(all), 12);
      }),
    );
  });

  it('is changed by one more lead only where it must be', () => {
    const before = [
      counted('direct', 'A', { accepted: 30, won: 9 }),
      counted('acme', 'A', { accepted: 30, won: 6 }),
      counted('bolt', 'A', { accepted: 30, won: 3 }),
    ];
    const after = likeForLike([...before, counted('acme', 'A', { accepted: 1, won: 1 })]);
    const { likeForLike: parties, gap } = likeForLike(before);
    const { acme, ...others } = after.likeForLike;
    expect({ acme: parties['acme'], ...others }).toStrictEqual(parties);
    expect(acme?.crude).toMatchObject({ successes: 7, trials: 31 });
    expect(after.gap.won.direct).toStrictEqual(gap.won.direct);
  });
});

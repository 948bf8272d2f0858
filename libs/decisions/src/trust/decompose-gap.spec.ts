import fc from 'fast-check';
import { berkeley, someStrata, stones, strataOf } from '../../test/strata.fixture.js';
import { decomposeGap } from './decompose-gap.js';

const near = (value: number) => expect.closeTo(value, 9) as number;
const shareOf = (strata: readonly { successes: number; trials: number }[]) =>
  strata.reduce((sum, { successes }) => sum + successes, 0) / strata.reduce((sum, { trials }) => sum + trials, 0);

describe('the gap between two sides', () => {
  // Recomputed from Kitagawa’s formula in exact fractions (Python 3), the intervals with the Wilson intervals of SciPy 1.17.1.
  it('of Berkeley’s admissions is the departments’, and turns around in what is left', () => {
    expect(decomposeGap(berkeley.men, berkeley.women)).toMatchObject({
      gap: { value: near(0.14164542824654186), low: near(0.1132131214425282), high: near(0.1695695110299901) },
      betterLeads: { value: near(0.1776739111522425), low: near(0.15352933826357296), high: near(0.19670565024600764) },
      betterWork: {
        value: near(-0.03602848290570063),
        low: near(-0.06665698723520763),
        high: near(-0.000507691450187038),
      },
    });
  });

  it('of treatments of kidney stones hides the better one, which had the worse stones', () => {
    expect(decomposeGap(stones.open, stones.percutaneous)).toMatchObject({
      gap: { value: near(-0.045714285714285714) },
      betterLeads: { value: near(-0.09938550309988949) },
      betterWork: { value: near(0.05367121738560378) },
    });
  });

  it('has the interval of a difference of two proportions that Newcombe 1998 gives, all of it work where there is but one grade', () => {
    // Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10: 56/70 − 48/80 lies in 0.0524 to 0.3339.
    const difference = {
      value: near(0.2),
      low: expect.closeTo(0.0524, 4) as number,
      high: expect.closeTo(0.3339, 4) as number,
    };
    expect(decomposeGap(strataOf({ A: [56, 70] }), strataOf({ A: [48, 80] }))).toEqual({
      gap: difference,
      betterLeads: { value: 0, low: 0, high: 0 },
      betterWork: difference,
    });
  });

  it('counts a grade that one side never got as better leads, whole', () => {
    // 40 % of A of which half convert, and of B both one in ten: what A adds is the vendor’s choice.
    const gap = decomposeGap(strataOf({ A: [20, 40], B: [6, 60] }), strataOf({ B: [10, 100] }));
    expect(gap).toMatchObject({
      gap: { value: near(0.16) },
      betterLeads: { value: near(0.4 * 0.5 - 0.4 * 0.1) },
      betterWork: { value: near(0) },
    });
  });

  it('to nobody’s leads is none', () => {
    expect(decomposeGap(strataOf({ A: [1, 2] }), [])).toBeUndefined();
    expect(decomposeGap(strataOf({ A: [0, 0] }), strataOf({ A: [1, 2] }))).toBeUndefined();
  });

  it('is the difference of the crude rates, and its parts add up to it to the last bit', () => {
    fc.assert(
      fc.property(someStrata(), someStrata(), (one, other) => {
        const { gap, betterLeads, betterWork } = decomposeGap(one, other) ?? fc.pre(false) ?? never();
        expect(betterLeads.value + betterWork.value).toBe(gap.value);
        expect(gap.value).toBeCloseTo(shareOf(one) - shareOf(other), 12);
        for (const { value, low, high } of [gap, betterLeads, betterWork])
          expect([low <= value, value <= high]).toEqual([true, true]);
      }),
    );
  });

  it('is the same the other way round, with the other sign', () => {
    fc.assert(
      fc.property(someStrata(), someStrata(), (one, other) => {
        const there = decomposeGap(one, other) ?? fc.pre(false) ?? never();
        const back = decomposeGap(other, one);
        for (const part of ['gap', 'betterLeads', 'betterWork'] as const) {
          const { value, low, high } = there[part];
          expect(back?.[part].value).toBeCloseTo(-value, 12);
          expect(back?.[part].low).toBeCloseTo(-high, 12);
          expect(back?.[part].high).toBeCloseTo(-low, 12);
        }
      }),
    );
  });

  it('is all leads where both do the same with each grade, and all work where both had the same mix', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 5 }),
        (kinds) => {
          const strata = (of: (kind: [number, number, number]) => readonly [number, number]) =>
            strataOf(Object.fromEntries(kinds.map((kind, index) => [`kind ${index}`, of(kind)])));
          const [few, many] = [
            strata(([percent, leads]) => [percent * (leads + 1), 100 * (leads + 1)] as const),
            strata(([percent, , leads]) => [percent * (leads + 1), 100 * (leads + 1)] as const),
          ];
          expect(decomposeGap(few, many)?.betterWork.value).toBeCloseTo(0, 12);
          const better = strata(([, leads]) => [100 * (leads + 1), 100 * (leads + 1)] as const);
          expect(decomposeGap(better, few)?.betterLeads.value).toBeCloseTo(0, 12);
        },
      ),
    );
  });

  it('is the same to the last bit, whatever order the grades come in', () => {
    fc.assert(
      fc.property(someStrata(), someStrata(), (one, other) => {
        expect(decomposeGap(one.toReversed(), other.toReversed())).toStrictEqual(decomposeGap(one, other));
      }),
    );
  });
});

function never(): never {
  throw new Error('fast-check goes on');
}

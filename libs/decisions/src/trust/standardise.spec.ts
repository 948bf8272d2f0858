import fc from 'fast-check';
import { berkeley, someStrata, stones, strataOf } from '../../test/strata.fixture.js';
import { rate } from './rate.js';
import { standardise } from './standardise.js';

const near = (value: number) => expect.closeTo(value, 9) as number;

describe('a rate standardised to a common mix', () => {
  // Recomputed in exact fractions (Python 3), the intervals with the Wilson intervals of SciPy 1.17.1.
  it('is what Berkeley’s admissions come to when all apply to the same departments', () => {
    const all = [...berkeley.men, ...berkeley.women];
    expect(standardise(berkeley.men, all)).toEqual({
      rate: {
        value: near(0.38731858268942226),
        successes: 1198,
        trials: 2691,
        low: near(0.3698269494440301),
        high: near(0.4060621182492301),
      },
      variance: near(8.599874606669833e-5),
      covered: 1,
    });
    expect(standardise(berkeley.women, all)).toEqual({
      rate: {
        value: near(0.4299553804607252),
        successes: 557,
        trials: 1835,
        low: near(0.39690747591711256),
        high: near(0.4567340873545822),
      },
      variance: near(0.000249082690511604),
      covered: 1,
    });
  });

  it('is what kidney stones come to when both treatments have the same stones: open surgery, worse on the face of it, is better', () => {
    const all = [...stones.open, ...stones.percutaneous];
    expect(standardise(stones.open, all).rate).toMatchObject({ value: near(0.8325462173856037) });
    expect(standardise(stones.percutaneous, all).rate).toMatchObject({ value: near(0.778875) });
  });

  it('takes a party to do as all do with a grade that it has no lead of, and says how much of the mix it has', () => {
    const others = strataOf({ A: [10, 20], B: [8, 20], C: [4, 40] });
    const own = strataOf({ A: [5, 10], B: [1, 10], C: [0, 0] });
    const { rate, covered } = standardise(own, [...own, ...others]);
    expect({ value: rate.value, covered }).toEqual({ value: near(0.3 * 0.5 + 0.3 * 0.1 + 0.4 * 0.1), covered: 0.6 });
  });

  it('gives no credit to who got only the good leads: with the same work both sides come out alike', () => {
    const [direct, partners] = [strataOf({ A: [50, 100] }), strataOf({ D: [10, 100] })];
    const [one, other] = [direct, partners].map((side) => standardise(side, [...direct, ...partners]).rate.value);
    expect([one, other]).toEqual([near(0.3), near(0.3)]);
  });

  it('is nothing where the party has no lead of the mix, not 0 %', () => {
    const nothing = { value: null, low: null, high: null };
    const all = strataOf({ A: [1, 2] });
    expect(standardise([], all)).toMatchObject({ rate: nothing, variance: null, covered: 0 });
    expect(standardise([], [])).toMatchObject({ rate: nothing, variance: null, covered: 0 });
    const others = standardise([{ name: 'constructor', successes: 1, trials: 2 }], all);
    expect(others).toMatchObject({ rate: { ...nothing, successes: 1, trials: 2 }, covered: 0 });
  });

  it('to the party’s own mix is its crude rate, and of one grade has Wilson’s interval', () => {
    fc.assert(
      fc.property(someStrata(), (strata) => {
        const { rate: own } = standardise(strata, strata);
        fc.pre(own.trials > 0);
        expect(own.value).toBeCloseTo(own.successes / own.trials, 12);
      }),
    );
    const { rate: ofOne } = standardise(strataOf({ A: [3, 11] }), strataOf({ A: [5, 70] }));
    const { low, high } = rate(3, 11);
    expect(ofOne).toEqual({ value: 3 / 11, successes: 3, trials: 11, low: near(low ?? 0), high: near(high ?? 0) });
  });

  it('lies within its interval, within the rates of the grades, and within 0 and 1', () => {
    fc.assert(
      fc.property(someStrata(), someStrata(), (strata, others) => {
        const { rate: own, variance, covered } = standardise(strata, [...strata, ...others]);
        fc.pre(own.value !== null);
        const order = [0, own.low, own.value, own.high, 1].map(Number);
        expect(order).toEqual(order.toSorted((left, right) => left - right));
        const rates = [...strata, ...others]
          .filter(({ trials }) => trials > 0)
          .map(({ successes, trials }) => successes / trials);
        expect(own.value).toBeGreaterThanOrEqual(Math.min(...rates) - 1e-12);
        expect(own.value).toBeLessThanOrEqual(Math.max(...rates) + 1e-12);
        expect([Number(variance) >= 0, covered > 0, covered <= 1]).toEqual([true, true, true]);
      }),
    );
  });

  it('is the same to the last bit, whatever order and groups the counts come in', () => {
    fc.assert(
      fc.property(someStrata(), someStrata(), (strata, others) => {
        const inParts = strata.toReversed().flatMap(({ name, successes, trials }) => [
          { name, successes: 0, trials: trials - successes },
          { name, successes, trials: successes },
        ]);
        expect(standardise(inParts, [...others, ...inParts])).toStrictEqual(
          standardise(strata, [...strata, ...others]),
        );
      }),
    );
  });
});

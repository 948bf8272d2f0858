import fc from 'fast-check';
import { CERTAIN, chance } from './chance.js';

const logOdds = () => fc.integer({ min: -20_000_000, max: 20_000_000 });

describe('the chance that log-odds stand for', () => {
  it('is the logistic function, to within a part per million', () => {
    fc.assert(
      fc.property(logOdds(), (x) => {
        expect(Math.abs(chance(x) - 1_000_000 / (1 + Math.exp(-x / 1_000_000)))).toBeLessThan(1);
      }),
    );
  });

  it('never falls as the odds rise, and is the same from either side', () => {
    fc.assert(
      fc.property(logOdds(), fc.nat(2_000_000), (x, more) => {
        expect(chance(x + more)).toBeGreaterThanOrEqual(chance(x));
        expect(chance(-x)).toBe(CERTAIN - chance(x));
        expect(Number.isInteger(chance(x))).toBe(true);
      }),
    );
  });

  it('is these very numbers, for good', () => {
    expect([-20_000_000, -2_197_225, -1, 0, 1, 693_147, 2_197_225, 15_999_999, 20_000_000].map(chance)).toEqual([
      0, 100_000, 500_000, 500_000, 500_000, 666_667, 900_000, 1_000_000, 1_000_000,
    ]);
  });
});

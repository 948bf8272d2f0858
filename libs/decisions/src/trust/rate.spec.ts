import fc from 'fast-check';
import { rate } from './rate.js';

describe('a rate', () => {
  it('has the score interval of Wilson 1927 around it', () => {
    // Newcombe (1998), Statistics in Medicine 17, table I, method 3: 81/263, 15/148, 0/20, 1/29.
    expect(rate(81, 263)).toEqual({
      value: 81 / 263,
      successes: 81,
      trials: 263,
      low: expect.closeTo(0.2553, 4),
      high: expect.closeTo(0.3662, 4),
    });
    expect(rate(15, 148)).toMatchObject({ low: expect.closeTo(0.0624, 4), high: expect.closeTo(0.1605, 4) });
    expect(rate(0, 20)).toMatchObject({ low: 0, high: expect.closeTo(0.1611, 4) });
    expect(rate(1, 29)).toMatchObject({ low: expect.closeTo(0.0061, 4), high: expect.closeTo(0.1718, 4) });
  });

  it('of nothing is nothing, not 0 %', () => {
    expect(rate(0, 0)).toEqual({ value: null, successes: 0, trials: 0, low: null, high: null });
  });

  it('lies within its interval, and the interval within 0 and 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e9 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
        const { value, low, high } = rate(Math.floor(share * trials), trials);
        expect([0, low, value, high, 1]).toEqual([0, low, value, high, 1].toSorted((a, b) => Number(a) - Number(b)));
      }),
    );
  });
});

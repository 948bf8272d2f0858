import fc from 'fast-check';
import { exp, log } from './exp-log.js';

describe('exponentials and logarithms that are the same everywhere', () => {
  it('are those of the engine, but for its last digits', () => {
    fc.assert(
      fc.property(fc.double({ min: -700, max: 700, noNaN: true }), (x) => {
        expect(Math.abs(exp(x) / Math.exp(x) - 1)).toBeLessThan(1e-12);
      }),
    );
    fc.assert(
      fc.property(fc.double({ min: 1e-300, max: 1e300, noNaN: true }), (x) => {
        expect(Math.abs(log(x) - Math.log(x))).toBeLessThanOrEqual(1e-14 * Math.max(1, Math.abs(Math.log(x))));
      }),
    );
  });

  it('end where numbers do', () => {
    expect([exp(0), exp(1_000), exp(-1_000), log(1)]).toEqual([1, Infinity, 0, 0]);
  });
});

import fc from 'fast-check';
import { faded, inWords } from './fade.js';

const DAY = 86_400_000;
const points = () => fc.integer({ min: 0, max: 1_000_000 });
const halfLife = () => fc.integer({ min: 1_000, max: 999_999 * DAY });
const age = () => fc.integer({ min: 0, max: 10_000 * DAY });

describe('points that fade', () => {
  it('are whole at first, and half of them after each half-life', () => {
    expect([0, 30, 60, 90, 300].map((days) => faded(24, days * DAY, 30 * DAY))).toEqual([24, 12, 6, 3, 0]);
    fc.assert(
      fc.property(points(), halfLife(), fc.nat(8), (count, each, halvings) => {
        expect(faded(count, 0, each)).toBe(count);
        fc.pre(count % 2 ** halvings === 0);
        expect(faded(count, halvings * each, each)).toBe(count / 2 ** halvings);
      }),
    );
  });

  it('follow the curve between, to the nearest point', () => {
    expect([15, 45].map((days) => faded(1_000, days * DAY, 30 * DAY))).toEqual([707, 354]);
    fc.assert(
      fc.property(points(), age(), halfLife(), (count, since, each) => {
        const exact = count * 2 ** -(since / each);
        expect(Math.abs(faded(count, since, each) - exact)).toBeLessThanOrEqual(0.5 + count * 5e-6);
      }),
    );
  });

  it('never grow, and never turn into their opposite', () => {
    fc.assert(
      fc.property(points(), age(), age(), halfLife(), (count, since, longer, each) => {
        const then = faded(count, since, each);
        expect(faded(count, since + longer, each)).toBeLessThanOrEqual(then);
        expect(then).toBeGreaterThanOrEqual(0);
        expect(faded(-count, since, each)).toBe(0 - then);
      }),
    );
  });

  it('are told with their age in the largest unit that fits', () => {
    expect([0, 59_999, 60_000, 3_600_000, 7_200_000, DAY, 45 * DAY].map(inWords)).toEqual(
      'less than a minute|less than a minute|1 minute|1 hour|2 hours|1 day|45 days'.split('|'),
    );
  });
});

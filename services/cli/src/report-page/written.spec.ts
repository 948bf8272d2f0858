import { percent, points, pointsBetween, rateBetween, whole } from './written.js';

it('writes figures the same everywhere, and never a minus before nothing', () => {
  expect([whole(1_234_567), whole(-1_234.4), whole(0)]).toEqual(['1,234,567', '−1,234', '0']);
  expect([percent(0.1234), percent(-0.00001), percent(null), percent(-0.2, 0)]).toEqual([
    '12.3\u00a0%',
    '0.0\u00a0%',
    '–',
    '−20\u00a0%',
  ]);
  expect([points(0.049), points(-0.02), points(0.0001)]).toEqual(['+4.9', '−2.0', '0.0']);
  expect(pointsBetween({ value: 0.049, low: -0.02, high: 0.1 })).toBe('+4.9 (−2.0 to +10.0)');
  expect(rateBetween({ value: 0.5, successes: 1, trials: 2, low: 0.1, high: 0.9 })).toBe('50.0\u00a0% (10.0 to 90.0)');
  expect(rateBetween({ value: null, successes: 0, trials: 0, low: null, high: null })).toBe('–');
});

import * as fc from 'fast-check';
import { MAX_ATTEMPTS, MAX_RETRY_AFTER_MS, parseRetryAfter, retryDelayMs } from './retry-schedule.js';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 0, 2, 3, 4, 5);

describe('when a failed delivery is tried again', () => {
  it('tries ten times over about 75 hours, and then no more', () => {
    const delays = Array.from({ length: MAX_ATTEMPTS }, (_, i) => retryDelayMs({ attempts: i + 1 }, 1, 0.5));
    expect(delays).toHaveLength(10);
    expect(delays.at(-1)).toBeUndefined();
    const total = delays.reduce<number>((sum, delay) => sum + (delay ?? 0), 0);
    expect(Math.round(total / HOUR_MS)).toBe(76);
    expect(delays.slice(0, 2)).toEqual([5_000, 300_000]);
  });

  it('spreads retries by a tenth to either side', () => {
    expect([0, 0.5, 1].map((random) => retryDelayMs({ attempts: 2 }, 1, random))).toEqual([270_000, 300_000, 330_000]);
  });

  it('waits as long as the partner asked, when that is longer, but not for ever', () => {
    expect(retryDelayMs({ attempts: 1, retryAfterMs: 60_000 }, 1, 0.5)).toBe(60_000);
    expect(retryDelayMs({ attempts: 2, retryAfterMs: 60_000 }, 1, 0.5)).toBe(300_000);
    expect(retryDelayMs({ attempts: 1, retryAfterMs: Number.MAX_SAFE_INTEGER }, 1, 0.5)).toBe(MAX_RETRY_AFTER_MS);
  });

  it('can be scaled, but not what the partner asked for', () => {
    expect(retryDelayMs({ attempts: 2 }, 0.001, 0.5)).toBe(300);
    expect(retryDelayMs({ attempts: 2, retryAfterMs: 2_000 }, 0.001, 0.5)).toBe(2_000);
  });
});

describe('what Retry-After asks for', () => {
  it.each([
    ['120', 120_000],
    [' 7 ', 7_000],
    ['0', 0],
    ['99999999999999999999', MAX_RETRY_AFTER_MS],
    ['Fri, 02 Jan 2026 03:05:05 GMT', 60_000],
    ['Thu, 01 Jan 2026 03:05:05 GMT', 0],
    ['Fri, 02 Jan 2099 03:05:05 GMT', MAX_RETRY_AFTER_MS],
  ])('%j', (value, expected) => {
    expect(parseRetryAfter(value, NOW)).toBe(expected);
  });

  it.each(['', 'soon', '-1', '1.5', '1e3', '2026-01-02', '0x10', 'Fri, 99 Jan 2026 03:05:05 GMT'])(
    '%j is not an answer',
    (value) => {
      expect(parseRetryAfter(value, NOW)).toBeUndefined();
    },
  );

  it('stays within bounds, whatever it says', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const wait = parseRetryAfter(value, NOW);
        return wait === undefined || (wait >= 0 && wait <= MAX_RETRY_AFTER_MS);
      }),
    );
  });
});

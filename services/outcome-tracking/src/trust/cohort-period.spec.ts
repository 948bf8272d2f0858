import fc from 'fast-check';
import { cohortPeriod, daysOf } from './cohort-period.js';

const day = (text: string) => Date.parse(`${text}T00:00:00Z`) / 86_400_000;
const month = (of: number) => {
  const date = new Date(of * 86_400_000);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
};

describe('a period in months and days', () => {
  it('has every day once, and no other', () => {
    const anyDay = fc.option(fc.integer({ min: day('2023-11-01'), max: day('2024-06-30') }), { nil: null });
    fc.assert(
      fc.property(anyDay, anyDay, (from, to) => {
        const { months, also, days } = cohortPeriod({ from, to });
        for (let each = day('2023-10-20'); each < day('2024-07-10'); each++) {
          const at = month(each);
          let times = (months.from === null || at >= months.from) && (months.to === null || at <= months.to) ? 1 : 0;
          times += also.filter((one) => one === at).length;
          for (const part of days) if (each >= part.from && each <= part.to) times += part.sign;
          expect(times).toBe((from === null || each >= from) && (to === null || each <= to) ? 1 : 0);
        }
        expect(days.reduce((sum, part) => sum + part.to - part.from + 1, 0)).toBeLessThanOrEqual(32);
      }),
    );
  });

  it('ends, at an age, with the last day of which all leads have had it', () => {
    const asOf = Date.parse('2026-03-31T23:00:00Z');
    expect(daysOf({ from: null, to: null }, 30, asOf)).toEqual({ from: null, to: day('2026-02-28') });
    expect(daysOf({ from: '2026-01-01', to: '2026-01-31' }, 30, asOf).to).toBe(day('2026-01-31'));
  });
});

import { daysOf, isQuarter, quarterAt, quartersUntil, tellQuarter } from '../../page/src/words/quarters.js';

describe('quarters', () => {
  it.each([
    ['2026-01-01T00:00:00Z', '2026-Q1', { from: '2026-01-01', to: '2026-03-31' }],
    ['2026-06-30T23:59:59Z', '2026-Q2', { from: '2026-04-01', to: '2026-06-30' }],
    ['2026-07-01T00:00:00Z', '2026-Q3', { from: '2026-07-01', to: '2026-09-30' }],
    ['2026-12-31T23:59:59Z', '2026-Q4', { from: '2026-10-01', to: '2026-12-31' }],
  ])('are those of the calendar in UTC: %s is in %s', (moment, quarter, days) => {
    const at = quarterAt(Date.parse(moment));
    expect([at, daysOf(at)]).toEqual([quarter, days]);
  });

  it('follow one another over the turn of a year', () => {
    expect(quartersUntil('2026-Q2', 4)).toEqual(['2026-Q2', '2026-Q1', '2025-Q4', '2025-Q3']);
  });

  it('are told in words', () => {
    expect(tellQuarter('2026-Q3')).toBe('the third quarter of 2026');
  });

  it.each(['2026-Q5', '26-Q1', '2026-q1', '2026-Q1 ', 2026, undefined])('are nothing like %j', (text) => {
    expect(isQuarter(text)).toBe(false);
  });
});

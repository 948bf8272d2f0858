import { decisionTime } from './decision-time.js';

const now = Date.UTC(2026, 4, 1, 12);
const [second, hour, year] = [1_000, 3_600_000, 365 * 86_400_000];

describe('the time of a decision', () => {
  it('is what the clock says, when nothing was decided later', () => {
    expect(decisionTime(now, { databaseNow: now, decidedAt: [] })).toEqual({ now, wrong: undefined });
    expect(decisionTime(now, { databaseNow: now, decidedAt: [0, now - hour] })).toEqual({ now, wrong: undefined });
  });

  it('does not go back before the last decision of any pool, as far as clocks differ', () => {
    expect(decisionTime(now, { databaseNow: now, decidedAt: [now - hour, now + 2 * second, now] })).toEqual({
      now: now + 2 * second,
      wrong: undefined,
    });
    expect(decisionTime(now, { databaseNow: now, decidedAt: [now + 60 * second] }).now).toBe(now + 60 * second);
  });

  it('does not follow a clock that ran far ahead, and still not back before the others', () => {
    expect(decisionTime(now, { databaseNow: now, decidedAt: [now + year, now + second] })).toEqual({
      now: now + second,
      wrong: now + year,
    });
  });

  it('follows the others when it is this clock that runs behind, as the database’s tells', () => {
    const decidedAt = [now + hour, now + hour - second];
    expect(decisionTime(now, { databaseNow: now + hour + second, decidedAt })).toEqual({
      now: now + hour,
      wrong: undefined,
    });
  });
});

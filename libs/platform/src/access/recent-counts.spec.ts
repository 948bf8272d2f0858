import { RecentCounts } from './recent-counts.js';

describe('counting what happens, for limits', () => {
  let now = 0;
  const counts = new RecentCounts(2, 1_000, 3, () => now);
  const note = (...keys: string[]) => keys.forEach((key) => counts.note(key));

  it('has room until the limit, and again when the window that began with the first time is over', () => {
    note('a');
    expect(counts.fullForMs('a')).toBeUndefined();
    now = 400;
    note('a', 'a');
    expect([counts.fullForMs('a'), counts.fullForMs('b')]).toEqual([600, undefined]);
    now = 999;
    expect(counts.fullForMs('a')).toBe(1);
    now = 1_000;
    expect(counts.fullForMs('a')).toBeUndefined();
    note('a');
    expect(counts.fullForMs('a')).toBeUndefined();
  });

  it('forgets the one that began longest ago rather than count more than it may', () => {
    note('x', 'x', 'y', 'y', 'z', 'z', 'w');
    expect(['x', 'y', 'z', 'w'].map((key) => counts.fullForMs(key) !== undefined)).toEqual([false, true, true, false]);
  });
});

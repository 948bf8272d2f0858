import { chance, chanceFor } from './random.js';
import { direct, partners } from './vendor.js';
import { planFor } from './work-offer.js';

const habits = { ...direct.habits, declines: 0 };

describe('what a party makes of an offer', () => {
  it('is the same for the same party and lead, whoever was quicker', () => {
    const plan = () => planFor(habits, 'A', chanceFor(1, 'direct/lead-1'));
    expect(plan()).toEqual(plan());
  });

  it('depends on the grade, and is alike in everybody’s hands', () => {
    const won = (grade: string, skill: number) => {
      const some = chance(5);
      const plans = Array.from({ length: 4_000 }, () => planFor({ ...habits, skill }, grade, some));
      return plans.filter(({ outcomes }) => outcomes.some(({ type }) => type === 'won')).length / plans.length;
    };
    expect(won('A', 1)).toBeGreaterThan(3 * won('C', 1));
    expect(Math.abs(won('A', 1) - won('A', 1.15))).toBeLessThan(0.06);
  });

  it('gives no outcome without its own reason or amount', () => {
    const some = chance(9);
    for (const { habits: theirs } of [direct, ...partners]) {
      for (const grade of ['A', 'B', 'C', 'D', null]) {
        for (let round = 0; round < 200; round += 1) {
          for (const { type, reason, amount } of planFor(theirs, grade, some).outcomes) {
            expect(reason !== undefined).toBe(type === 'lost' || type === 'returned');
            expect(amount !== undefined).toBe(type === 'won');
          }
        }
      }
    }
  });
});

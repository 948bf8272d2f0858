import fc from 'fast-check';
import type { OfferOutcomes } from '../replay/offer-outcomes.js';
import { estimateOutcomes } from './estimate-outcomes.js';
import { rate } from './rate.js';

const seen = (party: string, grade: string, answered: number, won: number): OfferOutcomes => ({
  ...{ party, grade, answered },
  ...{ accepted: answered, qualified: won, won },
});

describe('what another allocation might have come to', () => {
  it('is each party’s own rate times its offers, with the interval of one rate where there is but one', () => {
    const { won, rates } = estimateOutcomes(
      [seen('acme', 'A', 100, 30)],
      [{ party: 'acme', grade: 'A', was: 100, now: 50 }],
    );
    const { low, high } = rate(30, 100);
    const times = (count: number) => ({
      expected: expect.closeTo(0.3 * count, 9) as number,
      low: expect.closeTo((low ?? 0) * count, 9) as number,
      high: expect.closeTo((high ?? 0) * count, 9) as number,
    });
    expect(won).toEqual({
      observed: 30,
      was: times(100),
      now: times(50),
      difference: {
        expected: expect.closeTo(-15, 9) as number,
        low: expect.closeTo(-50 * (high ?? 0), 9) as number,
        high: expect.closeTo(-50 * (low ?? 0), 9) as number,
      },
    });
    expect(rates).toMatchObject([{ party: 'acme', grade: 'A', from: 'acme, A' }]);
  });

  it('has the interval of a difference of two proportions that Newcombe 1998 gives', () => {
    // Newcombe (1998), Statistics in Medicine 17, 873–890, table II, method 10: 56/70 − 48/80 lies in 0.0524 to 0.3339.
    const { won } = estimateOutcomes(
      [seen('acme', 'A', 70, 56), seen('direct', 'A', 80, 48)],
      [
        { party: 'acme', grade: 'A', was: 0, now: 1 },
        { party: 'direct', grade: 'A', was: 1, now: 0 },
      ],
    );
    expect(won).toMatchObject({
      difference: {
        expected: expect.closeTo(0.2, 9) as number,
        low: expect.closeTo(0.0524, 4) as number,
        high: expect.closeTo(0.3339, 4) as number,
      },
    });
  });

  it('borrows the rates of the side where a cell is too small, never direct’s for a partner', () => {
    const outcomes = [seen('acme', 'A', 100, 30), seen('bolt', 'A', 3, 3), seen('direct', 'B', 50, 5)];
    const allocated = (party: string, grade: string) => ({ party, grade, was: 1, now: 1 });
    const { rates } = estimateOutcomes(outcomes, [
      allocated('bolt', 'A'),
      allocated('new', 'C'),
      allocated('direct', 'A'),
    ]);
    expect(rates.map(({ from, won }) => [from, won.successes, won.trials])).toEqual([
      ['all partners, A', 33, 103],
      ['all partners', 33, 103],
      ['direct', 5, 50],
    ]);
  });

  it('is not given where the log has too few outcomes', () => {
    const { accepted, won } = estimateOutcomes(
      [seen('acme', 'A', 100, 9)],
      [{ party: 'acme', grade: 'A', was: 100, now: 50 }],
    );
    expect(accepted).toHaveProperty('was');
    expect(won).toEqual({
      observed: 9,
      suppressed:
        'The log has too few outcomes: 9 of 100 answered offers were won, and with fewer than 10 of 20 there is no rate worth applying.',
    });
  });

  it('of the same allocation says that nothing would change', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 1_000 }), { minLength: 1, maxLength: 5 }), (counts) => {
        const { won } = estimateOutcomes(
          counts.map((_, index) => seen(`p-${index}`, 'A', 30, 10)),
          counts.map((count, index) => ({ party: `p-${index}`, grade: 'A', was: count, now: count })),
        );
        expect(won).toMatchObject({ difference: { expected: 0, low: 0, high: 0 } });
      }),
    );
  });
});

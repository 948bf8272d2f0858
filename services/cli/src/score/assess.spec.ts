import fc from 'fast-check';
import { assess, aucOf, proposedLimits } from './assess.js';

const judged = () =>
  fc.array(fc.record({ value: fc.integer({ min: 0, max: 9 }), won: fc.boolean() }), { maxLength: 40 });

describe('how well leads were judged', () => {
  it('is the share of pairs in which the won lead was above the other, ties as halves', () => {
    fc.assert(
      fc.property(judged(), (leads) => {
        const [won, lost] = [leads.filter((each) => each.won), leads.filter((each) => !each.won)];
        const pairs = won.flatMap((one) => lost.map((other) => Math.sign(one.value - other.value) / 2 + 0.5));
        const auc = aucOf(leads);
        if (pairs.length === 0) expect(auc).toBeNull();
        else expect(auc).toBeCloseTo(pairs.reduce((sum, each) => sum + each, 0) / pairs.length, 10);
      }),
    );
  });

  it('tells errors beside those of the average, and what came in each tenth of leads', () => {
    const forecasts = Array.from({ length: 100 }, (_, index) => ({ probability: index / 100, won: index % 2 === 1 }));
    const { leads, won, brier, brierOfAverage, logLoss, calibration } = assess(forecasts);
    expect([leads, won, brierOfAverage]).toEqual([100, 50, 0.25]);
    expect(brier).toBeCloseTo(0.3284, 3);
    expect(logLoss).toBeCloseTo(0.9678, 3);
    expect(calibration.map(({ leads: count, expected, came }) => [count, expected.toFixed(3), came.value])).toEqual(
      Array.from({ length: 10 }, (_, tenth) => [10, (tenth / 10 + 0.045).toFixed(3), 0.5]),
    );
  });

  it('proposes limits that every model may have, whatever the scores', () => {
    expect(proposedLimits(Array.from({ length: 100 }, (_, score) => score))).toEqual({ A: 80, B: 50, C: 20 });
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 })), (scores) => {
        const { A, B, C } = proposedLimits(scores);
        expect(100 >= A && A > B && B > C && C >= 1).toBe(true);
      }),
    );
  });
});

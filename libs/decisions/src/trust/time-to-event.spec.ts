import fc from 'fast-check';
import { percentileTime, timesToEvent } from './time-to-event.js';

/**
 * Remissions of acute leukaemia, in weeks: Freireich, E. J. et al. (1963), Blood 21, 699–716, as in Cox and Oakes (1984): Analysis of Survival
 * Data, table 1.1.
 */
const treated = {
  happened: [6, 6, 6, 7, 10, 13, 16, 22, 23],
  open: [6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35],
};
const placebo = { happened: [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23], open: [] };

const near = (value: number) => expect.closeTo(value, 9) as number;

describe('how long it takes', () => {
  it('is the curve of Kaplan and Meier with Greenwood’s interval, ties and open ends included', () => {
    // SciPy 1.17.1: stats.ecdf(CensoredData(…)).sf, and its confidence_interval(method='log-log').
    const expected = [
      [6, 21, 3, 0.8571428571428571, 0.6197179552659838, 0.951551747646997],
      [7, 17, 1, 0.8067226890756302, 0.5631465646222333, 0.9228090192028804],
      [10, 15, 1, 0.7529411764705881, 0.5031995107999564, 0.8893618351692655],
      [13, 12, 1, 0.6901960784313724, 0.43161022248618397, 0.8490659633494507],
      [16, 11, 1, 0.6274509803921567, 0.36751085598750194, 0.8049121894718412],
      [22, 7, 1, 0.53781512605042, 0.267778936767135, 0.7467907176353944],
      [23, 6, 1, 0.4481792717086834, 0.18805200595923235, 0.6801426284952414],
    ] as const;
    expect(timesToEvent(treated)).toEqual(
      expected.map(([time, atRisk, happened, survival, low, high]) => ({
        ...{ time, atRisk, happened, share: near(1 - survival), low: near(1 - high), high: near(1 - low) },
      })),
    );
  });

  it('has a median with the limits of Brookmeyer and Crowley, open where nobody was followed for long enough', () => {
    // Where SciPy’s curves and limits (see above) first reach one half.
    expect(percentileTime(timesToEvent(treated), 0.5)).toEqual({ time: 23, low: 13, high: null });
    expect(percentileTime(timesToEvent(placebo), 0.5)).toEqual({ time: 8, low: 4, high: 11 });
    expect(percentileTime(timesToEvent(treated), 0.9)).toMatchObject({ time: null });
  });

  it('reaches a share that products of fractions only come a hair beside', () => {
    // 9/10 · 8/9 · 7/8 is 0.7 but for its last bits.
    const curve = timesToEvent({ happened: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], open: [] });
    for (let tenth = 1; tenth <= 10; tenth += 1) expect(percentileTime(curve, tenth / 10).time).toBe(tenth);
  });

  it('takes young leads that are open for no failures', () => {
    const old = { happened: [1, 2, 3], open: [30, 30, 30] };
    const young = { ...old, open: [...old.open, ...Array.from({ length: 1_000 }, () => 0.5)] };
    expect(timesToEvent(young)).toEqual(timesToEvent(old));
  });

  it('of nothing, or of what never happened, is no curve and no time', () => {
    expect(timesToEvent({ happened: [], open: [] })).toEqual([]);
    expect(timesToEvent({ happened: [], open: [3, 4] })).toEqual([]);
    expect(percentileTime([], 0.5)).toEqual({ time: null, low: null, high: null });
  });

  it('gives no interval where it has happened to all: there is no variance to tell', () => {
    expect(timesToEvent({ happened: [1], open: [] })).toEqual([
      { time: 1, atRisk: 1, happened: 1, share: 1, low: null, high: null },
    ]);
  });

  const durations = () =>
    fc.record({ happened: fc.array(fc.nat(60), { maxLength: 40 }), open: fc.array(fc.nat(60), { maxLength: 40 }) });

  it('agrees with the definition, computed for each time by counting everybody again', () => {
    fc.assert(
      fc.property(durations(), ({ happened, open }) => {
        const plain = [...new Set(happened)]
          .sort((left, right) => left - right)
          .map((time, _, times) =>
            times
              .filter((each) => each <= time)
              .map((each) => {
                const atRisk = [...happened, ...open].filter((duration) => duration >= each).length;
                return 1 - happened.filter((duration) => duration === each).length / atRisk;
              })
              .reduce((product, factor) => product * factor, 1),
          );
        expect(timesToEvent({ happened, open }).map(({ share }) => share)).toEqual(
          plain.map((survival) => near(1 - survival)),
        );
      }),
    );
  });

  it('without open ends is the plain share of those it happened to, and only ever grows', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60), { minLength: 1 }), (happened) => {
        for (const { time, share } of timesToEvent({ happened, open: [] }))
          expect(share).toBeCloseTo(happened.filter((each) => each <= time).length / happened.length, 12);
      }),
    );
    fc.assert(
      fc.property(durations(), (some) => {
        const shares = timesToEvent(some).map(({ share }) => share);
        expect(shares).toEqual(shares.toSorted((left, right) => left - right));
        for (const { share, low, high } of timesToEvent(some))
          expect([0 <= (low ?? 0), (low ?? 0) <= share, share <= (high ?? 1), (high ?? 1) <= 1]).toEqual(
            Array.from({ length: 4 }, () => true),
          );
      }),
    );
  });

  it('is the same to the last bit, whatever order the leads come in', () => {
    fc.assert(
      fc.property(durations(), ({ happened, open }) => {
        const turned = timesToEvent({ happened: happened.toReversed(), open: open.toReversed() });
        expect(turned).toStrictEqual(timesToEvent({ happened, open }));
      }),
    );
  });
});

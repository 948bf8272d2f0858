import { type FactorDesign, fitAdditive, logistic } from './fit-additive.js';
import { foldsOf } from './folds.js';
import { factorise, inverseAt, inverseOfFactor, solve } from './linear-algebra.js';

/** So many leads, whose chance of being won depends on the first two factors and not on the third. */
function campaign(leads: number) {
  const truth = [
    [-1.5, -0.5, 0, 0.8, 1.6],
    [0.7, -0.7],
    // Forty words that tell nothing: of a fit that believed what it saw, some would stand out by more than half.
    Array.from({ length: 40 }, () => 0),
  ];
  const random = numbers();
  const designs = truth.map((weights, index): FactorDesign => {
    const levels = Int32Array.from({ length: leads }, () => Math.floor(random() * weights.length));
    const count = weights.length + 1; // the last one is "not known", which nobody is
    const bands = index === 0 ? weights.length : 0;
    const kinds = [[bands, weights.length] as const, [weights.length, count] as const];
    return { levels, count, ordered: [0, bands], kinds };
  });
  const won = Uint8Array.from({ length: leads }, (_, lead) => {
    const logOdds = truth.reduce(
      (sum, weights, index) => sum + (weights[designs[index]?.levels[lead] ?? 0] ?? 0),
      -0.4,
    );
    return random() < logistic(logOdds) ? 1 : 0;
  });
  return { truth, designs, won };
}

/** Weyl's sequence of the golden ratio, mixed: no two draws of a lead hang together. */
function numbers(): () => number {
  let state = 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    const mixed = Math.imul(state ^ (state >>> 16), 0x85ebca6b);
    const more = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((more ^ (more >>> 16)) >>> 0) / 2 ** 32;
  };
}

describe('an additive fit', () => {
  const { truth, designs, won } = campaign(4_000);
  const fit = fitAdditive(designs, won);

  it('finds what each level adds', () => {
    truth.slice(0, 2).forEach((weights, index) => {
      const mean = weights.reduce((sum, each) => sum + each, 0) / weights.length;
      weights.forEach((weight, level) => {
        expect(Math.abs((fit.weights[index]?.[level] ?? 9) - (weight - mean))).toBeLessThan(0.25);
      });
    });
    expect(Math.abs(fit.intercept - -0.32)).toBeLessThan(0.15);
  });

  it('believes little of words that tell nothing, however they happened to fall', () => {
    const spread = (weights: Float64Array) => Math.sqrt(weights.reduce((sum, each) => sum + each * each, 0) / 40);
    // What a fit that believes all it sees comes to: a hundred leads of each word.
    const believed = Math.sqrt(1 / (100 * 0.19));
    expect(spread((fit.weights[2] as Float64Array).slice(0, 40))).toBeLessThan(believed / 2);
  });

  it('expects as many won leads as there were, of each level that many leads have', () => {
    const expected = (level: number) =>
      won.reduce((sum, _, lead) => {
        if (designs[1]?.levels[lead] !== level) return sum;
        return (
          sum +
          logistic(
            designs.reduce(
              (total, { levels }, index) => total + (fit.weights[index]?.[levels[lead] ?? 0] ?? 0),
              fit.intercept,
            ),
          )
        );
      }, 0);
    const came = (level: number) =>
      won.reduce((sum, each, lead) => sum + (designs[1]?.levels[lead] === level ? each : 0), 0);
    for (const level of [0, 1]) expect(Math.abs(expected(level) / came(level) - 1)).toBeLessThan(0.03);
  });

  it('is as good as the average where a level was never seen', () => {
    for (const weights of fit.weights) expect(Math.abs(weights.at(-1) ?? 9)).toBeLessThan(0.2);
  });

  it('bears columns that say the same, and leads that are all told apart', () => {
    const twice = [designs[0], designs[0], designs[1]] as FactorDesign[];
    const { weights } = fitAdditive(twice, won);
    expect(weights.flatMap((own) => [...own]).every(Number.isFinite)).toBe(true);
    const telling = {
      levels: Int32Array.from(won),
      count: 3,
      ordered: [0, 0],
      kinds: [
        [0, 2],
        [2, 3],
      ],
    } as const;
    const sure = fitAdditive([telling], won);
    expect(sure.weights[0]?.every(Number.isFinite)).toBe(true);
    expect((sure.weights[0]?.[1] ?? 0) - (sure.weights[0]?.[0] ?? 0)).toBeGreaterThan(4);
  });
});

describe('what the fit calculates with', () => {
  it('solves and inverts a matrix of which the lower half is given, and refuses one that is none', () => {
    const matrix = Float64Array.from([4, 0, 0, 2, 5, 0, 1, 3, 6]);
    const full = [
      [4, 2, 1],
      [2, 5, 3],
      [1, 3, 6],
    ];
    expect(factorise(matrix, 3)).toBe(true);
    const x = solve(matrix, 3, Float64Array.from([1, 2, 3]));
    full.forEach((row, index) => {
      expect(row.reduce((sum, each, column) => sum + each * (x[column] ?? 0), 0)).toBeCloseTo(index + 1, 10);
    });
    const inverse = inverseOfFactor(matrix, 3);
    full.forEach((row, one) => {
      for (const other of [0, 1, 2]) {
        const product = row.reduce((sum, each, k) => sum + each * inverseAt(inverse, 3, k, other), 0);
        expect(product).toBeCloseTo(one === other ? 1 : 0, 10);
      }
    });
    expect(factorise(Float64Array.from([1, 0, 2, 1]), 2)).toBe(false);
  });

  it('divides leads evenly, won ones and others, the same way each time', () => {
    const won = Array.from({ length: 103 }, (_, index) => index % 4 === 0);
    const folds = foldsOf(won, 5, 1);
    expect(foldsOf(won, 5, 1)).toEqual(folds);
    expect(foldsOf(won, 5, 2)).not.toEqual(folds);
    for (const kind of [true, false]) {
      const counts = [0, 1, 2, 3, 4].map(
        (fold) => folds.filter((each, lead) => each === fold && won[lead] === kind).length,
      );
      expect(Math.max(...counts) - Math.min(...counts)).toBeLessThanOrEqual(1);
    }
  });
});

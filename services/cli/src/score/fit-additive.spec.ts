import { type FactorDesign, fitAdditive, logistic } from './fit-additive.js';
import { foldsOf } from './folds.js';
import { factorise, inverseAt, inverseOfFactor, solve } from './linear-algebra.js';

/** So many leads, whose chance of being won depends on the first two factors and not on the third. */
function campaign(leads: number) {
  const truth = [
    [-1.5, -0.5, 0, 0.8, 1.6],
    [0.7, -0.7],
    [0, 0, 0, 0, 0, 0],
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

function numbers(): () => number {
  let state = 12_345;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

describe('an additive fit', () => {
  const { truth, designs, won } = campaign(8_000);
  const fit = fitAdditive(designs, won);

  it('finds what each level adds, and that what tells nothing adds nothing', () => {
    truth.forEach((weights, index) => {
      const mean = weights.reduce((sum, each) => sum + each, 0) / weights.length;
      weights.forEach((weight, level) => {
        expect(Math.abs((fit.weights[index]?.[level] ?? 9) - (weight - mean))).toBeLessThan(index === 2 ? 0.15 : 0.2);
      });
    });
    expect(Math.abs(fit.intercept - -0.32)).toBeLessThan(0.15);
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

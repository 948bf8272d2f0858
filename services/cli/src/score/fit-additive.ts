import { factorise, inverseAt, inverseOfFactor, solve, type Symmetric } from './linear-algebra.js';

/** A factor of the fit: which level each lead has, and which levels belong together. */
export interface FactorDesign {
  /** By lead. */
  readonly levels: Int32Array;
  readonly count: number;
  /** Levels that follow one another, as bands do: neighbours are held together. First and one past the last. */
  readonly ordered: readonly [number, number];
  /** Levels of one kind, as words are: each is held to the average. */
  readonly kinds: readonly (readonly [number, number])[];
}

export interface AdditiveFit {
  /** Log-odds. */
  readonly intercept: number;
  /** By factor and level, in log-odds. */
  readonly weights: readonly Float64Array[];
  /** How strongly each group of levels is held; where a later fit of much the same leads may begin. */
  readonly holds: readonly number[];
}

/** Leads by the columns that they stand in: those of one lead lie together, in rising order. */
interface Table {
  readonly columns: Int32Array;
  readonly factors: number;
  readonly won: Uint8Array;
}

interface Group {
  readonly from: number;
  readonly to: number;
  readonly isOrdered: boolean;
}

/** Everything is held this little, so that two columns that say the same are no trouble. */
const LEAST_HOLD = 1e-3;
const [WEAKEST, STRONGEST] = [1e-2, 1e5];
/** A hold settles within ten or so; more than that changes no second digit. */
const MOST_ROUNDS = 14;
const SETTLED = 0.03;
/** Newton's steps within a round: the next round goes on from there. */
const STEPS = 2;
const MOST_HALVINGS = 10;

/**
 * Fits an additive logistic model: log-odds = intercept + a weight for each factor's level. Weights are penalised, neighbouring
 * bands by the square of their difference (a random walk, Eilers and Marx 1996), words by their own (a random effect), and how
 * strongly is found from the data by restricted likelihood, so that a factor that tells nothing comes to nothing.
 *
 * Hastie, T. and Tibshirani, R. (1986): Generalized additive models. Statistical Science 1, 297–310.
 * Wood, S. N. and Fasiolo, M. (2017): A generalized Fellner–Schall method for smoothing parameter optimization with application
 * to Tweedie location, scale and shape models. Biometrics 73, 1071–1081.
 *
 * @param won  1 or 0 by lead; both occur
 * @param start  holds of a fit of much the same leads, which then need two rounds more
 */
export function fitAdditive(factors: readonly FactorDesign[], won: Uint8Array, start?: readonly number[]): AdditiveFit {
  const offsets: number[] = [];
  let size = 1;
  for (const { count } of factors) {
    offsets.push(size);
    size += count;
  }
  const table = tableOf(factors, offsets, won);
  const groups = groupsOf(factors, offsets);
  let holds = start ? [...start] : groups.map(() => 1);
  const share = sum(won) / won.length;
  let weights: Float64Array = new Float64Array(size);
  weights[0] = Math.log(share / (1 - share));
  const matrix = new Float64Array(size * size);
  for (let round = 1, rounds = start ? 2 : MOST_ROUNDS; round <= rounds; round++) {
    for (let step = 0; step < STEPS; step++) weights = improved(weights, table, groups, holds, matrix);
    const inverse = inverseOfFactor(matrix, size);
    const next = groups.map((group, index) => holdOf(group, holds[index] ?? 1, weights, inverse, size));
    const change = Math.max(...next.map((hold, index) => Math.abs(Math.log(hold / (holds[index] ?? 1)))));
    holds = next;
    if (change < SETTLED) break;
  }
  return centred(weights, factors, offsets, holds);
}

function tableOf(factors: readonly FactorDesign[], offsets: readonly number[], won: Uint8Array): Table {
  const columns = new Int32Array(won.length * factors.length);
  factors.forEach(({ levels }, factor) => {
    const offset = offsets[factor] ?? 0;
    for (let lead = 0; lead < levels.length; lead++)
      columns[lead * factors.length + factor] = offset + (levels[lead] ?? 0);
  });
  return { columns, factors: factors.length, won };
}

function groupsOf(factors: readonly FactorDesign[], offsets: readonly number[]): Group[] {
  return factors.flatMap(({ ordered: [first, last], kinds }, index) => {
    const offset = offsets[index] ?? 0;
    const ordered = last - first > 1 ? [{ from: offset + first, to: offset + last, isOrdered: true }] : [];
    const others = kinds.filter(([from, to]) => to > from);
    return [...ordered, ...others.map(([from, to]) => ({ from: offset + from, to: offset + to, isOrdered: false }))];
  });
}

/** One step of Newton's, shortened until the penalised likelihood rises. Leaves the curvature's factor in `matrix`. */
function improved(
  weights: Float64Array,
  table: Table,
  groups: readonly Group[],
  holds: readonly number[],
  matrix: Symmetric,
): Float64Array {
  const size = weights.length;
  const { columns, factors, won } = table;
  const gradient = new Float64Array(size);
  matrix.fill(0);
  for (let lead = 0; lead < won.length; lead++) {
    const at = lead * factors;
    const p = logistic(logOddsAt(weights, columns, at, factors));
    const miss = (won[lead] ?? 0) - p;
    const curve = Math.max(p * (1 - p), 1e-9);
    add(gradient, 0, miss);
    add(matrix, 0, curve);
    for (let one = at; one < at + factors; one++) {
      const column = columns[one] ?? 0;
      const row = column * size;
      add(gradient, column, miss);
      add(matrix, row, curve);
      // Columns rise, so that this is the lower half.
      for (let other = at; other <= one; other++) add(matrix, row + (columns[other] ?? 0), curve);
    }
  }
  hold(weights, groups, holds, gradient, matrix);
  if (!factorise(matrix, size)) throw new Error('the curvature is not positive: a column is not a number');
  const step = solve(matrix, size, gradient);
  const before = penalised(weights, table, groups, holds);
  for (let halving = 0, length = 1; halving < MOST_HALVINGS; halving++, length /= 2) {
    const next = weights.map((weight, index) => weight + length * (step[index] ?? 0));
    if (penalised(next, table, groups, holds) <= before) return next;
  }
  return weights;
}

function logOddsAt(weights: Float64Array, columns: Int32Array, at: number, factors: number): number {
  let sum = weights[0] ?? 0;
  for (let place = at; place < at + factors; place++) sum += weights[columns[place] ?? 0] ?? 0;
  return sum;
}

function hold(
  weights: Float64Array,
  groups: readonly Group[],
  holds: readonly number[],
  gradient: Float64Array,
  matrix: Symmetric,
): void {
  const size = weights.length;
  for (let index = 1; index < size; index++) {
    add(gradient, index, -LEAST_HOLD * (weights[index] ?? 0));
    add(matrix, index * size + index, LEAST_HOLD);
  }
  groups.forEach(({ from, to, isOrdered }, group) => {
    const strength = holds[group] ?? 0;
    for (let index = from; index < to; index++) {
      if (!isOrdered) {
        add(gradient, index, -strength * (weights[index] ?? 0));
        add(matrix, index * size + index, strength);
      } else if (index > from) {
        const rise = (weights[index] ?? 0) - (weights[index - 1] ?? 0);
        add(gradient, index, -strength * rise);
        add(gradient, index - 1, strength * rise);
        add(matrix, index * size + index, strength);
        add(matrix, (index - 1) * size + index - 1, strength);
        add(matrix, index * size + index - 1, -strength);
      }
    }
  });
}

function penalised(
  weights: Float64Array,
  { columns, factors, won }: Table,
  groups: readonly Group[],
  holds: readonly number[],
): number {
  let loss = 0;
  for (let lead = 0; lead < won.length; lead++) {
    const logOdds = logOddsAt(weights, columns, lead * factors, factors);
    loss += Math.max(logOdds, 0) + Math.log1p(Math.exp(-Math.abs(logOdds))) - (won[lead] ?? 0) * logOdds;
  }
  for (let index = 1; index < weights.length; index++) loss += (LEAST_HOLD * (weights[index] ?? 0) ** 2) / 2;
  groups.forEach((group, index) => (loss += ((holds[index] ?? 0) * roughness(weights, group)) / 2));
  return loss;
}

function roughness(weights: Float64Array, { from, to, isOrdered }: Group): number {
  let sum = 0;
  for (let index = isOrdered ? from + 1 : from; index < to; index++) {
    sum += ((weights[index] ?? 0) - (isOrdered ? (weights[index - 1] ?? 0) : 0)) ** 2;
  }
  return sum;
}

/** Fellner and Schall's step: what is uncertain of a group, over how much it varies. */
function holdOf(group: Group, before: number, weights: Float64Array, inverse: Float64Array, size: number): number {
  const { from, to, isOrdered } = group;
  const rank = to - from - (isOrdered ? 1 : 0);
  let trace = 0;
  for (let index = isOrdered ? from + 1 : from; index < to; index++) {
    trace += inverseAt(inverse, size, index, index);
    if (isOrdered) {
      trace += inverseAt(inverse, size, index - 1, index - 1) - 2 * inverseAt(inverse, size, index, index - 1);
    }
  }
  const settles = Math.max(rank / before - trace, 1e-9) / Math.max(roughness(weights, group), 1e-12);
  // Nearly twice as far as the step goes, for it always stops short; not more than twentyfold at once, or it swings.
  const next = before * (settles / before) ** 1.9;
  return clamp(clamp(next, before / 20, before * 20), WEAKEST, STRONGEST);
}

/** Each factor comes to nothing on average, so that the intercept is what an average lead has. */
function centred(
  weights: Float64Array,
  factors: readonly FactorDesign[],
  offsets: readonly number[],
  holds: readonly number[],
): AdditiveFit {
  let intercept = weights[0] ?? 0;
  const byFactor = factors.map(({ levels, count }, index) => {
    const own = weights.slice(offsets[index], (offsets[index] ?? 0) + count);
    const leads = new Float64Array(count);
    for (const level of levels) add(leads, level, 1);
    const mean = own.reduce((total, weight, level) => total + weight * (leads[level] ?? 0), 0) / levels.length;
    intercept += mean;
    // A level that no lead had is as good as the average.
    return own.map((weight, level) => (leads[level] === 0 && Math.abs(weight) < 1e-9 ? 0 : weight - mean));
  });
  return { intercept, weights: byFactor, holds };
}

export function logistic(logOdds: number): number {
  return 1 / (1 + Math.exp(-logOdds));
}

function add(to: Float64Array, index: number, value: number): void {
  to[index] = (to[index] ?? 0) + value;
}

function clamp(value: number, low: number, high: number): number {
  return Math.max(low, Math.min(high, value));
}

function sum(values: Uint8Array): number {
  return values.reduce((total, value) => total + value, 0);
}

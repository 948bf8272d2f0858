import { axisOf, type Factor } from './factors.js';
import { type AdditiveFit, type FactorDesign, fitAdditive, logistic } from './fit-additive.js';
import type { AxisDocument } from '@fairlead/decisions';

/** What two factors tell together, beyond what each tells alone. */
export interface PairFit {
  readonly of: readonly [Factor, Factor];
  readonly axes: readonly [AxisDocument, AxisDocument];
  readonly rows: number;
  readonly columns: number;
  /** By lead: the row and column that it is in, as one number. */
  readonly cells: Int32Array;
  /** Log-odds, by cell. */
  readonly weights: Float64Array;
}

/** The strongest factors, whose pairs are tried. */
const TRIED = 24;
/** More would be reasons that nobody reads. */
const MOST_PAIRS = 6;
/** How strongly cells are held to nothing. */
const HOLDS = [10, 30, 100] as const;
/** A pair must help leads that it was not fitted to by this much log-likelihood: chance alone seldom reaches 1. */
const LEAST_GAIN = 1;
const FOLDS = 5;
const ROUNDS = 5;

/**
 * Finds the pairs of factors that tell more together than apart, as GA²M does: tried on what the factors alone leave
 * unexplained, each by what it would gain on leads that it was not fitted to.
 *
 * Lou, Y., Caruana, R., Gehrke, J. and Hooker, G. (2013): Accurate intelligible models with pairwise interactions. KDD 2013.
 * @param folds  by lead, from 0 to 4
 * @returns the pairs, and the log-odds of each lead by a fit that did not see it
 */
export function fitPairs(
  factors: readonly Factor[],
  designs: readonly FactorDesign[],
  won: Uint8Array,
  fit: AdditiveFit,
  folds: Uint8Array,
): { readonly pairs: readonly PairFit[]; readonly unseen: Float64Array } {
  const unseen = unseenLogOdds(designs, won, fit.holds, folds);
  const axes = strongest(factors, designs, fit).map((index) => {
    const factor = factors[index] as Factor;
    const { levels } = designs[index] as FactorDesign;
    const { axis, parts } = axisOf(factor, levels);
    return {
      factor,
      axis,
      parts: Int32Array.from(levels, (level) => parts[level] ?? 0),
      count: Math.max(...parts) + 1,
    };
  });
  const rest = residuals(won, unseen);
  const found: { gain: number; strength: number; pair: Omit<PairFit, 'weights'> }[] = [];
  for (const [at, one] of axes.entries()) {
    for (const other of axes.slice(at + 1)) {
      const cells = one.parts.map((part, lead) => part * other.count + (other.parts[lead] ?? 0));
      const { gain, strength } = gainOf(cells, one.count * other.count, rest, folds);
      const of = [one.factor, other.factor] as const;
      const pair = { of, axes: [one.axis, other.axis] as const, rows: one.count, columns: other.count, cells };
      if (gain >= LEAST_GAIN) found.push({ gain, strength, pair });
    }
  }
  // The sort is stable, so pairs that gain the same stay in the order of their factors.
  const best = found.sort((one, other) => other.gain - one.gain).slice(0, MOST_PAIRS);
  return { pairs: backfitted(best, designs, won, fit), unseen };
}

/** Log-odds of each lead, by factors that were fitted without it. */
function unseenLogOdds(
  designs: readonly FactorDesign[],
  won: Uint8Array,
  holds: readonly number[],
  folds: Uint8Array,
): Float64Array {
  const unseen = new Float64Array(won.length);
  for (let fold = 0; fold < FOLDS; fold++) {
    const kept = [...won.keys()].filter((lead) => folds[lead] !== fold);
    const part = designs.map((design) => ({
      ...design,
      levels: Int32Array.from(kept, (lead) => design.levels[lead] ?? 0),
    }));
    const fit = fitAdditive(
      part,
      Uint8Array.from(kept, (lead) => won[lead] ?? 0),
      holds,
    );
    for (let lead = 0; lead < won.length; lead++)
      if (folds[lead] === fold) unseen[lead] = logOddsOf(fit, designs, lead);
  }
  return unseen;
}

export function logOddsOf({ intercept, weights }: AdditiveFit, designs: readonly FactorDesign[], lead: number): number {
  return designs.reduce((sum, { levels }, index) => sum + (weights[index]?.[levels[lead] ?? 0] ?? 0), intercept);
}

function strongest(factors: readonly Factor[], designs: readonly FactorDesign[], { weights }: AdditiveFit): number[] {
  const strength = designs.map(({ levels }, index) =>
    levels.reduce((sum, level) => sum + Math.abs(weights[index]?.[level] ?? 0), 0),
  );
  return [...factors.keys()]
    .sort((one, other) => (strength[other] ?? 0) - (strength[one] ?? 0) || one - other)
    .slice(0, TRIED)
    .sort((one, other) => one - other);
}

interface Residuals {
  readonly miss: Float64Array;
  readonly curve: Float64Array;
}

function residuals(won: Uint8Array, logOdds: Float64Array): Residuals {
  const p = logOdds.map(logistic);
  return { miss: p.map((each, lead) => (won[lead] ?? 0) - each), curve: p.map((each) => each * (1 - each)) };
}

/** What a pair would gain in log-likelihood on leads that it was not fitted to, to the second order. */
function gainOf(cells: Int32Array, count: number, { miss, curve }: Residuals, folds: Uint8Array) {
  const misses = new Float64Array(count * FOLDS);
  const curves = new Float64Array(count * FOLDS);
  for (let lead = 0; lead < cells.length; lead++) {
    const place = (cells[lead] ?? 0) * FOLDS + (folds[lead] ?? 0);
    misses[place] = (misses[place] ?? 0) + (miss[lead] ?? 0);
    curves[place] = (curves[place] ?? 0) + (curve[lead] ?? 0);
  }
  const gains = HOLDS.map((strength) => {
    let gain = 0;
    for (let cell = 0; cell < count; cell++) {
      const own = misses.subarray(cell * FOLDS, (cell + 1) * FOLDS);
      const ownCurve = curves.subarray(cell * FOLDS, (cell + 1) * FOLDS);
      const [allMiss, allCurve] = [own.reduce(plus, 0), ownCurve.reduce(plus, 0)];
      for (let fold = 0; fold < FOLDS; fold++) {
        const [missed, curved] = [own[fold] ?? 0, ownCurve[fold] ?? 0];
        const weight = (allMiss - missed) / (allCurve - curved + strength);
        gain += weight * missed - (weight * weight * curved) / 2;
      }
    }
    return { gain, strength };
  });
  return gains.reduce((best, each) => (each.gain > best.gain ? each : best));
}

/** Fits the cells of each pair in turn to what all else leaves, until they agree. */
function backfitted(
  chosen: readonly { strength: number; pair: Omit<PairFit, 'weights'> }[],
  designs: readonly FactorDesign[],
  won: Uint8Array,
  fit: AdditiveFit,
): PairFit[] {
  const logOdds = Float64Array.from(won, (_, lead) => logOddsOf(fit, designs, lead));
  const fitted = chosen.map(({ strength, pair }) => ({
    strength,
    pair: { ...pair, weights: new Float64Array(pair.rows * pair.columns) },
  }));
  for (let round = 0; round < ROUNDS; round++) {
    for (const { strength, pair } of fitted) {
      const { cells, weights } = pair;
      const { miss, curve } = residuals(won, logOdds);
      const steps = weights.map((weight) => -strength * weight);
      const curves = weights.map(() => strength);
      for (let lead = 0; lead < cells.length; lead++) {
        const cell = cells[lead] ?? 0;
        steps[cell] = (steps[cell] ?? 0) + (miss[lead] ?? 0);
        curves[cell] = (curves[cell] ?? 0) + (curve[lead] ?? 0);
      }
      steps.forEach(
        (step, cell) => (weights[cell] = (weights[cell] ?? 0) + (steps[cell] = step / (curves[cell] ?? 1))),
      );
      for (let lead = 0; lead < cells.length; lead++) {
        logOdds[lead] = (logOdds[lead] ?? 0) + (steps[cells[lead] ?? 0] ?? 0);
      }
    }
  }
  return fitted.map(({ pair }) => pair);
}

function plus(one: number, other: number): number {
  return one + other;
}

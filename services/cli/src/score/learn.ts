import type { AxisDocument, LearnedDocument, LearnedFactorDocument, PairDocument } from '@fairlead/decisions';
import { type Example, MISSING_WORDS } from './examples.js';
import { designOf, type Factor, type Side } from './factors.js';
import { type AdditiveFit, type FactorDesign, fitAdditive, logistic } from './fit-additive.js';
import { foldsOf } from './folds.js';
import { fitPairs, logOddsOf, type PairFit } from './pairs.js';

/** Where the pairs' folds begin, so that the same leads give the same model. */
const SEED = 1;
/** An event holds 100 contributions: 40 factors of each side. */
const MOST_FACTORS = 40;
/** What 99 of 100 leads span, in points: most of the scale is used, and none of it wasted on the rarest. */
const SPAN = 96;
const LN2 = Math.LN2;
/** Thousandths of a point by which neighbouring bands must differ to be told apart. */
const ALIKE = 150;
/** A word that counts for as much as words that are not listed need not be. */
const MAX_DOCUMENT_BYTES = 47_000;

export interface Learned {
  readonly name: string;
  readonly factors: readonly Factor[];
  readonly examples: readonly (Example & { readonly won: boolean })[];
}

/**
 * Learns a model from leads whose end is known: an additive fit, the few pairs that tell more together, and Platt's correction
 * of what was too sure, all of it in the one unit of log-odds, so that a score stays the sum of its reasons.
 *
 * Platt, J. (1999): Probabilistic outputs for support vector machines. Advances in Large Margin Classifiers, 61–74.
 * The grades are placeholders: whoever knows the scores sets them.
 */
export function learn({ name, factors: offered, examples }: Learned): LearnedDocument {
  const won = Uint8Array.from(examples, (example) => (example.won ? 1 : 0));
  const allDesigns = offered.map((factor) => designOf(factor, examples));
  let fit = fitAdditive(allDesigns, won);
  const kept = keptFactors(offered, fit);
  const factors = kept.map((index) => offered[index] as Factor);
  const designs = kept.map((index) => allDesigns[index] as FactorDesign);
  if (kept.length < offered.length) fit = fitAdditive(designs, won);

  const { pairs, unseen } = fitPairs(factors, designs, won, fit, foldsOf(won, 5, SEED));
  const { slope, shift } = calibration(unseen, won);
  const logOdds = Float64Array.from(won, (_, lead) => {
    const sum =
      logOddsOf(fit, designs, lead) +
      pairs.reduce((total, { cells, weights }) => total + (weights[cells[lead] ?? 0] ?? 0), 0);
    return shift + slope * sum;
  });
  const scale = scaleOf(logOdds);
  const document = documentOf(name, factors, fit, pairs, scale, { slope, shift });
  return fitting(document);
}

/** Factors that came to nothing are left out, and the weakest of those that an event has no room for. */
function keptFactors(factors: readonly Factor[], { weights }: AdditiveFit): number[] {
  const range = weights.map((own) => Math.max(...own) - Math.min(...own));
  return (['fit', 'engagement'] as const)
    .flatMap((side) =>
      [...factors.keys()]
        .filter((index) => factors[index]?.side === side && (range[index] ?? 0) > 0.02)
        .sort((one, other) => (range[other] ?? 0) - (range[one] ?? 0) || one - other)
        .slice(0, MOST_FACTORS),
    )
    .sort((one, other) => one - other);
}

/** By what a straight line turns log-odds of leads that were not seen into the ones that came true. */
function calibration(unseen: Float64Array, won: Uint8Array): { slope: number; shift: number } {
  let [shift, slope] = [0, 1];
  for (let step = 0; step < 20; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    unseen.forEach((x, lead) => {
      const p = logistic(shift + slope * x);
      const [miss, curve] = [(won[lead] ?? 0) - p, p * (1 - p)];
      g0 += miss;
      g1 += miss * x;
      h00 += curve;
      h01 += curve * x;
      h11 += curve * x * x;
    });
    const determinant = h00 * h11 - h01 * h01;
    if (!(determinant > 1e-9)) break;
    shift += (h11 * g0 - h01 * g1) / determinant;
    slope += (h00 * g1 - h01 * g0) / determinant;
  }
  // Only ever less sure: that a fit of all leads is surer than one of four fifths is as it should be.
  if (!(slope > 0.2 && slope < 1)) return { slope: 1, shift: 0 };
  return { slope, shift };
}

interface Scale {
  /** Thousandths of a point for each unit of log-odds. */
  readonly perLogOdds: number;
  readonly even: number;
  readonly double: number;
}

function scaleOf(logOdds: Float64Array): Scale {
  const sorted = Float64Array.from(logOdds).sort();
  const at = (share: number) => sorted[Math.floor(share * (sorted.length - 1))] ?? 0;
  const [low, high] = [at(0.005), at(0.995)];
  const double =
    Math.round(Math.max(1_000, Math.min(20_000, (SPAN * 1_000 * LN2) / Math.max(high - low, 0.01))) / 100) * 100;
  const perLogOdds = double / LN2;
  return { perLogOdds, double, even: Math.round(50_000 - ((low + high) / 2) * perLogOdds) };
}

function documentOf(
  name: string,
  factors: readonly Factor[],
  fit: AdditiveFit,
  pairs: readonly PairFit[],
  { perLogOdds, even, double }: Scale,
  { slope, shift }: { slope: number; shift: number },
): LearnedDocument {
  const weight = (logOdds: number) => Math.round(slope * logOdds * perLogOdds) + 0;
  const documents = factors.map((factor, index) => ({
    side: factor.side,
    document: factorOf(factor, fit.weights[index], weight),
  }));
  const base = even + Math.round((shift + slope * fit.intercept) * perLogOdds);
  const spread = (side: Side) =>
    documents.filter((each) => each.side === side).reduce((sum, each) => sum + spreadOf(each.document), 0);
  const [fitSpread, engagementSpread] = [spread('fit'), spread('engagement')];
  // An average lead's points, to each side as much of them as it can move.
  const fitBase = Math.round((base * fitSpread) / (fitSpread + engagementSpread || 1));
  const sideOf = (side: Side, own: number): LearnedDocument['fit'] => ({
    base: own,
    factors: documents
      .filter((each) => each.side === side)
      .map((each) => each.document)
      .sort((one, other) => spreadOf(other) - spreadOf(one) || (one.field < other.field ? -1 : 1)),
  });
  return {
    kind: 'learned',
    name,
    scale: { even, double },
    missingWords: [...MISSING_WORDS],
    fit: sideOf('fit', fitBase),
    engagement: sideOf('engagement', base - fitBase),
    pairs: pairs.map((pair) => pairOf(pair, weight)),
    grades: { A: 75, B: 50, C: 25 },
    notQualified: [],
  };
}

function factorOf(
  { field, name, cuts, hasBands, words }: Factor,
  weights: Float64Array | undefined,
  weight: (logOdds: number) => number,
): LearnedFactorDocument {
  const own = [...(weights ?? [])].map(weight);
  const bands = hasBands ? cuts.length + 1 : 0;
  const otherwise = own[bands + words.length] ?? 0;
  const listed = words.map((word, index): [string, number] => [word, own[bands + index] ?? 0]);
  return {
    ...{ field, name },
    ...(hasBands && { bands: merged(cuts, own.slice(0, bands)) }),
    ...(words.length > 0 && { words: Object.fromEntries(listed) }),
    otherwise,
    missing: own[bands + words.length + 1] ?? 0,
  };
}

/** Bands that count for about the same become one, which counts for their mean. */
function merged(cuts: readonly number[], weights: readonly number[]): NonNullable<LearnedFactorDocument['bands']> {
  const runs: { weights: number[]; below: number | undefined }[] = [];
  weights.forEach((weight, index) => {
    const run = runs.at(-1);
    const below = cuts[index];
    if (run && Math.abs(weight - (run.weights[0] ?? 0)) < ALIKE) {
      run.weights.push(weight);
      run.below = below;
    } else runs.push({ weights: [weight], below });
  });
  return runs.map(({ weights: own, below }) => ({
    ...(below !== undefined && { below }),
    weight: Math.round(own.reduce((sum, each) => sum + each, 0) / own.length) + 0,
  }));
}

function pairOf({ of, axes, rows, columns, weights }: PairFit, weight: (logOdds: number) => number): PairDocument {
  const [one, other] = axes as unknown as [AxisDocument, AxisDocument];
  return {
    // What somebody did counts as engagement, also where it depends on who did it.
    side: of.every(({ side }) => side === 'fit') ? 'fit' : 'engagement',
    of: [one, other],
    weights: Array.from({ length: rows }, (_, row) =>
      Array.from({ length: columns }, (__, column) => weight(weights[row * columns + column] ?? 0)),
    ),
  };
}

function spreadOf({ bands = [], words = {}, otherwise, missing }: LearnedFactorDocument): number {
  const all = [...bands.map(({ weight }) => weight), ...Object.values(words), otherwise, missing];
  return Math.max(...all) - Math.min(...all);
}

/** A document goes whole into an event: where it is too long, the words that say least are left to `otherwise`. */
function fitting(document: LearnedDocument): LearnedDocument {
  let [least, fitted] = [0, document];
  while (Buffer.byteLength(JSON.stringify(fitted)) > MAX_DOCUMENT_BYTES && least < 64_000) {
    least = least === 0 ? 100 : least * 2;
    const shorter = (side: LearnedDocument['fit']) => ({
      ...side,
      factors: side.factors.map((factor) => withoutFaintWords(factor, least)),
    });
    fitted = { ...document, fit: shorter(document.fit), engagement: shorter(document.engagement) };
  }
  return fitted;
}

function withoutFaintWords(factor: LearnedFactorDocument, least: number): LearnedFactorDocument {
  if (!factor.words) return factor;
  const loud = Object.entries(factor.words).filter(([, weight]) => Math.abs(weight - factor.otherwise) >= least);
  return { ...factor, words: Object.fromEntries(loud) };
}

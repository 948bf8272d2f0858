import { type Static, Type } from '@sinclair/typebox';
import type { Rules } from '../document/read-document.js';
import { closed, folded, Name, oneOf } from '../document/shapes.js';
import { Field, Grades, NotQualified, Quantity } from './model-parts.js';

/** Thousandths of a point: a thousand points at most. */
const Weight = Type.Integer({ minimum: -1_000_000, maximum: 1_000_000 });
const FactorName = Type.String({ minLength: 1, maxLength: 64 });
/** 64 characters: two of them and two names still fit a reason of 300. */
const Word = Type.String({ pattern: '^(?!__proto__$)[^\\p{Cc}]{1,64}$' });

/**
 * What a field's value adds, learned from leads whose end is known. A number falls in one of the `bands`, a word is one of the
 * `words`; whatever is neither counts `otherwise`, and a value that is not known has a weight of its own.
 */
const LearnedFactor = closed({
  field: Field,
  /** What the factor is called in reasons; the field's name unless said. */
  name: Type.Optional(FactorName),
  /** Ascending; the last leaves `below` out and takes all above. */
  bands: Type.Optional(
    Type.Array(closed({ below: Type.Optional(Quantity), weight: Weight }), { minItems: 1, maxItems: 64 }),
  ),
  words: Type.Optional(
    Type.Unsafe<Record<string, number>>({
      type: 'object',
      patternProperties: { [Word['pattern'] as string]: Weight },
      additionalProperties: false,
      maxProperties: 300,
    }),
  ),
  otherwise: Weight,
  missing: Weight,
});

/** One field's part in a pair: bands by their upper limits, or groups of words; after them other values, and none. */
const Axis = closed({
  field: Field,
  name: Type.Optional(FactorName),
  below: Type.Optional(Type.Array(Quantity, { maxItems: 20 })),
  words: Type.Optional(Type.Array(Type.Array(Word, { minItems: 1, maxItems: 100 }), { maxItems: 20 })),
});

/** What two fields add together, beyond what each adds alone: a row for each part of the first, a column for the second's. */
const Pair = closed({
  side: oneOf('fit', 'engagement'),
  of: Type.Array(Axis, { minItems: 2, maxItems: 2 }),
  weights: Type.Array(Type.Array(Weight, { minItems: 1, maxItems: 23 }), { minItems: 1, maxItems: 23 }),
});

/** 40 on each side: with pairs, rules and bases that stays within the 100 contributions that an event holds. */
const LearnedSide = closed({
  /** Where a lead starts that is average in everything. */
  base: Weight,
  factors: Type.Array(LearnedFactor, { maxItems: 40 }),
});

/**
 * A learned model: an additive one, so that a score is the sum of what its reasons say and nothing else. Points are log-odds
 * in another unit, as in credit scorecards: `even` is the score at which the odds are one to one, and every `double`
 * thousandths of a point double them (Siddiqi, N. (2006): Credit Risk Scorecards; "points to double the odds").
 */
export const LearnedModel = closed({
  kind: oneOf('learned'),
  name: Name,
  scale: closed({ even: Weight, double: Type.Integer({ minimum: 100, maximum: 100_000 }) }),
  /** Words that say nothing, in lower case: `select` is what a form showed before anything was chosen. */
  missingWords: Type.Array(Type.String({ minLength: 1, maxLength: 64 }), { maxItems: 50, uniqueItems: true }),
  fit: LearnedSide,
  engagement: LearnedSide,
  pairs: Type.Array(Pair, { maxItems: 10 }),
  grades: Grades,
  // 5: each that holds is a contribution.
  notQualified: NotQualified(5),
  /** What it was learned from, and how well it did on leads that it had not seen. Decides nothing. */
  learned: Type.Optional(
    closed({
      leads: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
      won: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
      /** In parts per million, cross-validated. */
      auc: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
      brier: Type.Integer({ minimum: 0, maximum: 1_000_000 }),
    }),
  ),
});

export type LearnedDocument = Static<typeof LearnedModel>;
export type LearnedFactorDocument = Static<typeof LearnedFactor>;
export type AxisDocument = Static<typeof Axis>;
export type PairDocument = Static<typeof Pair>;

/** What is wrong with a learned model beyond its shape. */
export const learnedRules: Rules<LearnedDocument> = (model, report) => {
  model.missingWords.forEach((word, index) => {
    if (word !== folded(word)) report(['missingWords', index], 'must be in lower case, without spare blanks');
  });
  const names = new Set<string>();
  for (const [side, { factors }] of Object.entries({ fit: model.fit, engagement: model.engagement })) {
    factors.forEach((factor, index) => {
      const at = [side, 'factors', index];
      const name = factor.name ?? factor.field;
      if (names.has(name)) report(at, `a second factor called ${name}: give it a name of its own`);
      names.add(name);
      factor.bands?.forEach(({ below }, position, bands) => {
        const isLast = position === bands.length - 1;
        if ((below === undefined) !== isLast) report([...at, 'bands', position], 'all bands but the last need below');
        const before = bands[position - 1]?.below ?? -Infinity;
        if (below !== undefined && below <= before) report([...at, 'bands', position, 'below'], 'bands must ascend');
      });
      for (const word of Object.keys(factor.words ?? {})) {
        if (word !== folded(word)) report([...at, 'words'], 'must be in lower case, without spare blanks');
      }
    });
  }
  model.pairs.forEach(({ of, weights }, index) => {
    const at = ['pairs', index];
    of.forEach(({ below = [], words = [] }, position) => {
      if (below.some((limit, place) => limit <= (below[place - 1] ?? -Infinity))) {
        report([...at, 'of', position, 'below'], 'must ascend');
      }
      if (words.flat().some((word) => word !== folded(word))) {
        report([...at, 'of', position, 'words'], 'must be in lower case, without spare blanks');
      }
    });
    const [rows = 0, columns = 0] = of.map(partsOf);
    if (weights.length !== rows || weights.some((row) => row.length !== columns)) {
      report([...at, 'weights'], `must have ${rows} rows of ${columns}`);
    }
  });
};

/** Into how many parts an axis divides values: its bands and groups of words, other values, none. */
export function partsOf({ below, words = [] }: AxisDocument): number {
  return (below ? below.length + 1 : 0) + words.length + 2;
}

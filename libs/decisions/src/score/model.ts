import { type Static, Type } from '@sinclair/typebox';
import { contentHash } from '../document/content-hash.js';
import { documentReader, type Path, type Reading, type Rules } from '../document/read-document.js';
import { closed, Name, oneOf } from '../document/shapes.js';

// 1,000: a hundred factors of that size still fit what an event may say.
const Points = Type.Integer({ minimum: -1_000, maximum: 1_000 });
const Reason = Type.String({ minLength: 1, maxLength: 200 });
const Quantity = Type.Number({ minimum: -Number.MAX_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER });

/**
 * What a factor looks at: a fact (`employees`), what the lead did (`engagement.visits`), what else is known
 * (`attributes.segment`), `reachable.email`, or all engagement together: `total(engagement)` adds its numbers up, each
 * without its decimals, `count(engagement)` counts the kinds of things done.
 */
const Field = Type.String({
  pattern:
    '^(?:(?:company|companyDomain|country|region|city|industry|employees|revenue|product|emailKind)' +
    '|(?:engagement|attributes)\\.[^\\p{Cc}]{1,64}|reachable\\.(?:email|phone)|(?:total|count)\\(engagement\\))$',
  description: 'a fact such as employees, engagement.visits, attributes.segment, reachable.email, total(engagement)',
});

/** Exactly one of `known`, `words`, `bands`, `each` says how the field's value becomes points. */
const Factor = closed({
  field: Field,
  /** What the factor is called in reasons; the field's name unless said. */
  name: Type.Optional(Type.String({ minLength: 1, maxLength: 80 })),
  known: Type.Optional(Points),
  words: Type.Optional(
    Type.Unsafe<Record<string, number>>({
      type: 'object',
      patternProperties: { '^(?!__proto__$)[^\\p{Cc}]{1,128}$': Points },
      additionalProperties: false,
      minProperties: 1,
      maxProperties: 500,
    }),
  ),
  /** With `words`: for every other word. */
  otherwise: Type.Optional(Points),
  /** Ascending; the last may leave `below` out and then takes all above. */
  bands: Type.Optional(
    Type.Array(closed({ below: Type.Optional(Quantity), points: Points, reason: Type.Optional(Reason) }), {
      minItems: 1,
      maxItems: 50,
    }),
  ),
  each: Type.Optional(closed({ points: Points, atMost: Points })),
  /** When the value is not known; 0 unless said. */
  missing: Type.Optional(Points),
});
type Factor = Static<typeof Factor>;

/** 45 on each side: with the limits of both sides that stays within the 100 contributions that an event holds. */
const Side = closed({
  atMost: Type.Integer({ minimum: 0, maximum: 100 }),
  factors: Type.Array(Factor, { maxItems: 45 }),
});

const Condition = closed({
  field: Field,
  /** Any of these words. */
  is: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { minItems: 1, maxItems: 100 })),
  below: Type.Optional(Quantity),
  /** true: the value is known; false: it is not. */
  known: Type.Optional(Type.Boolean()),
});

/**
 * A points model. Fit (is this a customer of ours?) and engagement (do they want something now?) are kept apart, each
 * with a limit, because no number of page views turns a student into a customer.
 */
const PointsModel = closed({
  kind: oneOf('points'),
  name: Name,
  fit: Side,
  engagement: Side,
  /** The least score of each grade; what is below C is D. */
  grades: closed({
    A: Type.Integer({ minimum: 1, maximum: 100 }),
    B: Type.Integer({ minimum: 1, maximum: 100 }),
    C: Type.Integer({ minimum: 1, maximum: 100 }),
  }),
  /** A lead for which all conditions of any of these hold is not qualified, whatever its score. */
  notQualified: Type.Array(
    closed({ all: Type.Array(Condition, { minItems: 1, maxItems: 10 }), reason: Reason }),
    // 9: each that holds is a contribution, and events have room for 100 of them.
    { maxItems: 9 },
  ),
});

/** A model as it is written, kept and published. */
export type ModelDocument = Static<typeof PointsModel>;
export type FactorDocument = Factor;
export type ConditionDocument = Static<typeof Condition>;

/** A model document with its version and its hash: what scores. */
export interface Model {
  readonly version: number;
  /** Of the document as it was written. */
  readonly hash: string;
  readonly document: ModelDocument;
}

/** Reads a score model as YAML or JSON and checks it. */
export function readModel(source: unknown): Reading<ModelDocument> {
  return readPointsModel(source);
}

/** @param document  as `readModel` answered it */
export function modelOf(document: ModelDocument, version: number): Model {
  return { version, hash: contentHash(document), document };
}

const check: Rules<ModelDocument> = ({ fit, engagement, grades, notQualified }, report) => {
  if (fit.atMost + engagement.atMost !== 100) {
    report([], `fit and engagement count for at most ${fit.atMost + engagement.atMost} together, not 100`);
  }
  if (!(grades.A > grades.B && grades.B > grades.C)) report(['grades'], 'A must need more than B, and B more than C');

  const names = new Set<string>();
  for (const [side, { factors }] of Object.entries({ fit, engagement })) {
    factors.forEach((factor, index) => {
      const at = [side, 'factors', index];
      const name = factor.name ?? factor.field;
      if (names.has(name)) report(at, `a second factor called ${name}: give it a name of its own`);
      names.add(name);
      checkFactor(factor, at, report);
    });
  }
  notQualified.forEach(({ all }, index) => {
    all.forEach((condition, position) => {
      const said = [condition.is, condition.below, condition.known].filter((part) => part !== undefined).length;
      if (said !== 1) report(['notQualified', index, 'all', position], 'needs one of: is, below, known');
    });
  });
};

function checkFactor(factor: Factor, at: Path, report: (path: Path, detail: string) => void): void {
  const ways = (['known', 'words', 'bands', 'each'] as const).filter((way) => factor[way] !== undefined);
  if (ways.length !== 1) report(at, 'needs one of: known, words, bands, each');
  if (factor.otherwise !== undefined && !factor.words) report([...at, 'otherwise'], 'belongs to words');
  if (factor.each && Math.sign(factor.each.points) * Math.sign(factor.each.atMost) < 0) {
    report([...at, 'each'], 'points and atMost must have the same sign');
  }
  factor.bands?.forEach(({ below }, index, bands) => {
    const isLast = index === bands.length - 1;
    if (below === undefined && !isLast) report([...at, 'bands', index], 'only the last band may leave below out');
    const before = bands[index - 1]?.below ?? -Infinity;
    if (below !== undefined && below <= before) report([...at, 'bands', index, 'below'], 'bands must ascend');
  });
}

const readPointsModel = documentReader<ModelDocument>(PointsModel, check);

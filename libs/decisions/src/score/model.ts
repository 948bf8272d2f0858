import { type Static, Type } from '@sinclair/typebox';
import { contentHash } from '../document/content-hash.js';
import { documentReader, type Path, type Reading, type Rules } from '../document/read-document.js';
import { closed, Duration, Name, oneOf } from '../document/shapes.js';
import { type LearnedDocument, LearnedModel, learnedRules } from './learned-model.js';
import { checkCommon, Field, Grades, NotQualified, Quantity, Reason } from './model-parts.js';

// 1,000: a hundred factors of that size still fit what an event may say.
const Points = Type.Integer({ minimum: -1_000, maximum: 1_000 });

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
  /** Of engagement: the time after which half the points are left, counted from when it was done. */
  halfLife: Type.Optional(Duration),
});
type Factor = Static<typeof Factor>;

/** 45 on each side: with the limits of both sides that stays within the 100 contributions that an event holds. */
const Side = closed({
  atMost: Type.Integer({ minimum: 0, maximum: 100 }),
  factors: Type.Array(Factor, { maxItems: 45 }),
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
  grades: Grades,
  // 9: each that holds is a contribution, and events have room for 100 of them.
  notQualified: NotQualified(9),
});
export type PointsDocument = Static<typeof PointsModel>;

/** A model as it is written, kept and published. */
export const ModelDocument = Type.Unsafe<PointsDocument | LearnedDocument>({
  type: 'object',
  // By its kind, so that what is wrong is told of the kind that was meant.
  discriminator: { propertyName: 'kind' },
  required: ['kind'],
  properties: { kind: { type: 'string' } },
  oneOf: [PointsModel, LearnedModel],
});
export type ModelDocument = Static<typeof ModelDocument>;
export type FactorDocument = Factor;

/** A model document with its version and its hash: what scores. */
export interface Model {
  readonly version: number;
  /** Of the document as it was written. */
  readonly hash: string;
  readonly document: ModelDocument;
}

/** Reads a score model as YAML or JSON and checks it. */
export const readModel: (source: unknown) => Reading<ModelDocument> = documentReader<ModelDocument>(
  ModelDocument,
  (model, report, sound) => {
    if (model.kind === 'learned') learnedRules(model, report, sound);
    else pointsRules(model, report, sound);
    checkCommon(model, report);
  },
);

/** @param document  as `readModel` answered it */
export function modelOf(document: ModelDocument, version: number): Model {
  return { version, hash: contentHash(document), document };
}

const pointsRules: Rules<PointsDocument> = ({ fit, engagement }, report) => {
  if (fit.atMost + engagement.atMost !== 100) {
    report([], `fit and engagement count for at most ${fit.atMost + engagement.atMost} together, not 100`);
  }

  const names = new Set<string>();
  for (const [side, { factors }] of Object.entries({ fit, engagement })) {
    factors.forEach((factor, index) => {
      const at = [side, 'factors', index];
      const name = factor.name ?? factor.field;
      if (names.has(name)) report(at, `a second factor called ${name}: give it a name of its own`);
      names.add(name);
      checkFactor(factor, at, report);
      if (factor.halfLife !== undefined && !/^engagement\.|\(engagement\)$/.test(factor.field)) {
        report([...at, 'halfLife'], 'only engagement fades: who somebody is stays');
      }
    });
  }
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

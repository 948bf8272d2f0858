import fc from 'fast-check';
import { engine } from '../engine.js';
import type { LearnedDocument } from './learned-model.js';
import type { ScorableLead } from './lead-values.js';
import { modelOf, readModel } from './model.js';
import { scoreLead } from './score-lead.js';

const now = Date.UTC(2026, 0, 15);
const model: LearnedDocument = {
  kind: 'learned',
  name: 'school',
  scale: { even: 60_000, double: 8_000 },
  missingWords: ['select', 'unknown'],
  fit: {
    base: 30_000,
    factors: [
      {
        field: 'attributes.origin',
        name: 'Origin',
        words: { 'web form': 4_400, import: -6_000 },
        otherwise: -900,
        missing: -3_300,
      },
    ],
  },
  engagement: {
    base: 20_000,
    factors: [
      {
        field: 'engagement.minutes',
        name: 'Minutes on the site',
        bands: [{ below: 5, weight: -12_300 }, { below: 60, weight: 2_400 }, { weight: 15_400 }],
        otherwise: 0,
        missing: 0,
      },
    ],
  },
  pairs: [
    {
      side: 'engagement',
      of: [
        { field: 'attributes.origin', name: 'Origin', words: [['web form', 'web chat'], ['import']] },
        { field: 'engagement.minutes', name: 'Minutes on the site', below: [60] },
      ],
      weights: [
        [-700, 1_700, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 0],
        [0, 0, 0, 400],
      ],
    },
  ],
  grades: { A: 70, B: 50, C: 30 },
  notQualified: [{ all: [{ field: 'attributes.relation', is: ['student'] }], reason: 'not a customer: a student' }],
};

function lead(attributes: Record<string, string> = {}, engagement: Record<string, number | string> = {}): ScorableLead {
  return { facts: { attributes, engagement }, reachable: { email: true, phone: false }, missing: [] };
}
const judged = (of: ScorableLead) => scoreLead(of, modelOf(model, 3), now);

describe('scoring with a learned model', () => {
  it('says how likely a sale is, and what each of the values adds', () => {
    expect(judged(lead({ origin: 'Web  Form' }, { minutes: '75' }))).toEqual({
      state: 'graded',
      grade: 'A',
      score: 72,
      fit: 34,
      engagement: 38,
      contributions: [
        { factor: 'fit', points: 30, reason: 'fit starts here: a lead that is average in everything' },
        { factor: 'Origin', points: 4, reason: 'Origin is web form' },
        { factor: 'engagement', points: 20, reason: 'engagement starts here: a lead that is average in everything' },
        { factor: 'Minutes on the site', points: 16, reason: 'Minutes on the site is 60 or more' },
        {
          factor: 'Origin and Minutes on the site',
          points: 2,
          reason: 'Origin is web form and Minutes on the site is 60 or more, together',
        },
      ],
      missing: [],
      model: { name: 'school', version: 3, hash: modelOf(model, 3).hash },
      engine,
      now,
      // 71.5 points are 11.5 above even: odds of 2^(11.5/8).
      probability: 730_350,
    });
  });

  it('names what is not known, and says what that counts for, even where it is nothing', () => {
    const { contributions, missing, fit, engagement, score } = judged(lead({ origin: 'Select' }));
    expect(missing).toEqual(['attributes.origin', 'engagement.minutes']);
    expect(contributions).toEqual([
      { factor: 'fit', points: 30, reason: 'fit starts here: a lead that is average in everything' },
      { factor: 'Origin', points: -3, reason: 'Origin is not known' },
      { factor: 'engagement', points: 20, reason: 'engagement starts here: a lead that is average in everything' },
      { factor: 'Minutes on the site', points: 0, reason: 'Minutes on the site is not known' },
    ]);
    expect([fit, engagement, score]).toEqual([27, 20, 47]);
  });

  it('takes words that it has not learned, and never says what they are', () => {
    const anna = judged(lead({ origin: 'Anna Beispiel' }, { minutes: 'anna@example.org' }));
    expect(anna.contributions.filter(({ factor }) => factor === 'Origin')).toEqual([
      { factor: 'Origin', points: -1, reason: 'Origin is something seldom seen' },
    ]);
    expect(JSON.stringify(anna)).not.toMatch(/anna/i);
  });

  it('gives no grade to a lead that a rule excludes, and still says how likely a sale is', () => {
    const { state, grade, probability } = judged(lead({ relation: 'Student' }));
    expect([state, grade, typeof probability]).toEqual(['not-qualified', null, 'number']);
  });

  it('tells what a challenger would have said, and lets nothing follow from it', () => {
    const of = lead({ origin: 'import' }, { minutes: 3 });
    const kind = { ...model, name: 'kind', scale: { even: 10_000, double: 8_000 }, grades: { A: 3, B: 2, C: 1 } };
    const { shadow, ...score } = scoreLead(of, modelOf(model, 3), now, modelOf(kind, 1));
    expect(score).toEqual(judged(of));
    expect(shadow).toEqual({
      model: { name: 'kind', version: 1, hash: modelOf(kind, 1).hash },
      state: 'graded',
      grade: 'A',
      score: 32,
      probability: 867_630,
    });
  });

  const anyWeight = () => fc.integer({ min: -60_000, max: 60_000 });
  it('adds up, exactly, whatever it has learned; and a better sum is never the worse chance', () => {
    const one = fc.record({ weight: anyWeight(), words: fc.array(anyWeight(), { maxLength: 40 }) });
    fc.assert(
      fc.property(one, one, fc.nat(30_000), (fit, engagement, more) => {
        const side = ({ weight, words }: typeof fit, group: string, extra = 0): LearnedDocument['fit'] => ({
          base: weight + extra,
          factors: words.map((missing, index) => ({ field: `${group}.f${index}`, otherwise: 0, missing })),
        });
        const of = (extra: number) =>
          scoreLead(
            lead(),
            modelOf(
              { ...model, pairs: [], fit: side(fit, 'attributes', extra), engagement: side(engagement, 'engagement') },
              1,
            ),
            now,
          );
        const told = of(0);
        expect(told.contributions.reduce((sum, { points }) => sum + points, 0)).toBe(told.score);
        expect(told.fit + told.engagement).toBe(told.score);
        expect(told.contributions.every(({ points }) => Number.isInteger(points) && !Object.is(points, -0))).toBe(true);
        expect(of(more).probability).toBeGreaterThanOrEqual(told.probability ?? 0);
        expect(of(more).score).toBeGreaterThanOrEqual(told.score);
      }),
    );
  });

  it('is read as a document, and told what is wrong with it by the kind that it says it is', () => {
    expect(readModel(JSON.stringify(model)).ok).toBe(true);
    const wrong = readModel({
      ...model,
      missingWords: ['Select'],
      pairs: [{ ...model.pairs[0], weights: [[1]] }],
      grades: { A: 1, B: 2, C: 1 },
      engagement: {
        base: 0,
        factors: [
          {
            field: 'city',
            bands: [
              { below: 2, weight: 1 },
              { below: 1, weight: 1 },
            ],
            otherwise: 0,
            missing: 0,
          },
        ],
      },
    });
    expect(wrong).toEqual({
      ok: false,
      problems: [
        { path: 'missingWords[0]', detail: 'must be in lower case, without spare blanks' },
        { path: 'engagement.factors[0].bands[1]', detail: 'all bands but the last need below' },
        { path: 'engagement.factors[0].bands[1].below', detail: 'bands must ascend' },
        { path: 'pairs[0].weights', detail: 'must have 4 rows of 4' },
        { path: 'grades', detail: 'A must need more than B, and B more than C' },
      ],
    });
    expect(readModel({ ...model, kind: 'guess' })).toEqual({
      ok: false,
      problems: [{ path: 'kind', detail: 'must be one of: points, learned' }],
    });
    expect(readModel({ ...model, scale: { even: 1.5, double: 8_000 } })).toMatchObject({
      problems: [{ path: 'scale.even' }],
    });
  });
});

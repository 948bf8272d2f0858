import fc from 'fast-check';
import { engine } from '../engine.js';
import { defaultModel } from './default-model.js';
import type { ScorableLead } from './lead-values.js';
import { modelOf, type PointsDocument, readModel } from './model.js';
import { scoreLead } from './score-lead.js';

const now = Date.UTC(2026, 0, 15);

function lead(facts: Partial<ScorableLead['facts']> = {}, more: Partial<ScorableLead> = {}): ScorableLead {
  return {
    facts: { engagement: {}, attributes: {}, ...facts },
    reachable: { email: true, phone: false },
    missing: [],
    ...more,
  };
}

const small: PointsDocument = {
  kind: 'points',
  name: 'small',
  fit: {
    atMost: 60,
    factors: [
      {
        field: 'employees',
        bands: [{ below: 50, points: 10 }, { below: 250, points: 30 }, { points: 70 }],
        missing: -5,
      },
      { field: 'industry', words: { 'Machine building': 20 }, otherwise: 2 },
    ],
  },
  engagement: {
    atMost: 40,
    factors: [
      { field: 'engagement.visits', name: 'visits', each: { points: 3, atMost: 9 } },
      { field: 'attributes.budget', known: 5 },
    ],
  },
  grades: { A: 60, B: 40, C: 20 },
  notQualified: [
    {
      all: [
        { field: 'emailKind', is: ['free'] },
        { field: 'employees', below: 5 },
      ],
      reason: 'a private person',
    },
  ],
};
const model = modelOf(small, 4);

describe('scoring a lead', () => {
  it('tells score, grade, and what every factor contributed', () => {
    const facts = {
      employees: 120,
      industry: ' machine  building',
      engagement: { visits: 2.9 },
      attributes: { budget: true },
    };
    expect(scoreLead(lead(facts), model, now)).toEqual({
      state: 'graded',
      grade: 'A',
      score: 61,
      fit: 50,
      engagement: 11,
      contributions: [
        { factor: 'employees', points: 30, reason: 'employees is from 50 to below 250' },
        { factor: 'industry', points: 20, reason: 'industry is Machine building' },
        { factor: 'visits', points: 6, reason: 'visits: 2' },
        { factor: 'attributes.budget', points: 5, reason: 'attributes.budget is known' },
      ],
      missing: [],
      model: { name: 'small', version: 4, hash: model.hash },
      engine,
      now,
    });
  });

  it('names what is not known, and says what its absence cost', () => {
    expect(scoreLead(lead(), model, now)).toMatchObject({
      grade: 'D',
      score: 0,
      contributions: [
        { factor: 'employees', points: -5, reason: 'employees is not known' },
        { factor: 'fit', points: 5, reason: 'fit counts for no less than 0' },
      ],
      missing: ['employees', 'industry', 'engagement.visits', 'attributes.budget'],
    });
  });

  it('keeps fit and engagement apart: neither counts for more than its limit', () => {
    const facts = { employees: 9_000, industry: 'other', engagement: { visits: 1_000_000 } };
    expect(scoreLead(lead(facts), model, now)).toMatchObject({
      fit: 60,
      engagement: 9,
      contributions: [
        { factor: 'employees', points: 70, reason: 'employees is 250 or more' },
        { factor: 'industry', points: 2 },
        { factor: 'fit', points: -12, reason: 'fit counts for at most 60' },
        { factor: 'visits', points: 9 },
      ],
    });
  });

  it('has limits for grades, which belong to the better one', () => {
    const limits = modelOf({ ...small, grades: { A: 50, B: 32, C: 12 } }, 1);
    const gradeOf = (employees: number, industry: string) =>
      scoreLead(lead({ employees, industry }), limits, now).grade;
    expect([gradeOf(60, 'machine building'), gradeOf(60, 'x'), gradeOf(49, 'x'), gradeOf(0, '')]).toEqual([
      'A',
      'B',
      'C',
      'C',
    ]);
    expect(scoreLead(lead({ employees: 1 }), limits, now).grade).toBe('D');
  });

  it('gives an incomplete lead no grade, and says its score all the same', () => {
    const incomplete = lead({ employees: 120 }, { missing: ['country'] });
    expect(scoreLead(incomplete, model, now)).toMatchObject({
      state: 'incomplete',
      grade: null,
      score: 30,
      missing: ['country', 'industry', 'engagement.visits', 'attributes.budget'],
    });
  });

  it('takes a lead for not qualified when all conditions of a rule hold, and says which rule', () => {
    const person = { emailKind: 'free' as const, employees: 4 };
    expect(scoreLead(lead(person, { missing: ['country'] }), model, now)).toMatchObject({
      state: 'not-qualified',
      grade: null,
      contributions: expect.arrayContaining([{ factor: 'not-qualified', points: 0, reason: 'a private person' }]),
    });
    expect(scoreLead(lead({ ...person, employees: 5 }), model, now).state).toBe('graded');
    expect(scoreLead(lead({ emailKind: 'free' }), model, now).state).toBe('graded');
  });

  it('never quotes what the lead wrote', () => {
    const facts = {
      industry: 'Jane Doe',
      engagement: { visits: 'jane@example.com' },
      attributes: { budget: 'Jane Doe' },
    };
    expect(JSON.stringify(scoreLead(lead(facts), model, now))).not.toMatch(/jane/i);
  });

  it('adds up exactly: contributions to sides, sides to the score, whatever the lead', () => {
    const values = fc.dictionary(fc.string(), fc.oneof(fc.double({ noNaN: true }), fc.string(), fc.integer()), {
      maxKeys: 8,
    });
    const facts = fc.record(
      {
        employees: fc.nat(),
        revenue: fc.nat(),
        industry: fc.string(),
        emailKind: fc.constantFrom('company' as const, 'free' as const, 'disposable' as const, 'role' as const),
        engagement: values,
        attributes: values,
      },
      { requiredKeys: ['engagement', 'attributes'] },
    );
    fc.assert(
      fc.property(facts, fc.constantFrom(model, modelOf(defaultModel, 1)), (some, used) => {
        const { score, fit, engagement, contributions } = scoreLead(lead(some), used, now);
        expect(contributions.reduce((sum, { points }) => sum + points, 0)).toBe(score);
        expect(fit + engagement).toBe(score);
        expect(Number.isInteger(score) && score >= 0 && score <= 100).toBe(true);
        const reversed = Object.fromEntries(Object.entries(some.engagement).reverse());
        expect(scoreLead(lead({ ...some, engagement: reversed }), used, now).score).toBe(score);
      }),
    );
  });

  it('sorts leads into every grade with the model that is there at first', () => {
    const first = modelOf(defaultModel, 1);
    const known = { company: 'Acme', country: 'DE', industry: 'retail', emailKind: 'company' as const };
    const grades = [
      lead({ ...known, employees: 400, engagement: { visits: 12, demoRequests: 1 } }),
      lead({ ...known, employees: 40, engagement: { visits: 4 } }),
      lead({ ...known, engagement: {} }),
      lead({ country: 'DE', emailKind: 'free', engagement: { visits: 1 } }),
    ].map((each) => scoreLead(each, first, now).grade);
    expect(grades).toEqual(['A', 'B', 'C', 'D']);
    expect(scoreLead(lead({ emailKind: 'disposable' }), first, now).state).toBe('not-qualified');
  });
});

describe('engagement that fades', () => {
  const day = 86_400_000;
  const fading = modelOf(
    {
      ...small,
      engagement: {
        atMost: 40,
        factors: [
          { field: 'engagement.demos', each: { points: 12, atMost: 24 }, halfLife: '30d' },
          { field: 'engagement.trial', known: 8, missing: -1, halfLife: '2d' },
          { field: 'total(engagement)', name: 'activity', bands: [{ below: 9, points: 4 }], halfLife: '15d' },
          { field: 'count(engagement)', name: 'kinds', bands: [{ below: 9, points: 3 }] },
        ],
      },
    },
    1,
  );
  const told = (more: Partial<ScorableLead>) =>
    scoreLead(lead({ employees: 60, industry: 'x', engagement: { demos: 2 } }, more), fading, now)
      .contributions.slice(2)
      .map(({ points, reason }) => `${points}: ${reason}`);

  it('counts for less the longer ago it was, and says by how much', () => {
    expect(told({ occurredAt: now - 30 * day })).toEqual([
      '12: engagement.demos: 2 (faded: 12 of 24 points after 30 days)',
      '-1: engagement.trial is not known',
      '1: activity is below 9 (faded: 1 of 4 points after 30 days)',
      '3: kinds is below 9',
    ]);
  });

  it('fades from when it was done, where that is known, and else from when the lead came', () => {
    const [demos, , activity] = told({
      occurredAt: now - 300 * day,
      engagedAt: { demos: now - 60 * day, visits: now },
    });
    expect([demos, activity]).toEqual([
      '6: engagement.demos: 2 (faded: 6 of 24 points after 60 days)',
      '4: activity is below 9',
    ]);
    expect(told({ engagedAt: { visits: now - day } })[0]).toBe('24: engagement.demos: 2');
  });

  it('is whole when it is new, when it is said to come, and when nobody knows when it was', () => {
    for (const more of [{ occurredAt: now }, { occurredAt: now + day }, {}]) {
      expect(told(more)[0]).toBe('24: engagement.demos: 2');
    }
  });

  it('is for engagement alone: who somebody is does not fade', () => {
    const factor = { field: 'employees', known: 5, halfLife: '2d' };
    expect(readModel({ ...small, fit: { atMost: 60, factors: [factor] } })).toEqual({
      ok: false,
      problems: [{ path: 'fit.factors[0].halfLife', detail: 'only engagement fades: who somebody is stays' }],
    });
    const unclear = { field: 'engagement.visits', known: 5, halfLife: 'a month' };
    expect(readModel({ ...small, engagement: { atMost: 40, factors: [unclear] } })).toMatchObject({
      problems: [{ path: 'engagement.factors[0].halfLife', detail: 'must be a duration such as 90s, 30m, 4h or 2d' }],
    });
  });
});

describe('a model', () => {
  it('is read, also the default one', () => {
    for (const document of [small, defaultModel]) expect(readModel(document)).toEqual({ ok: true, document });
  });

  it('tells all that is wrong with it', () => {
    const wrong = readModel({
      ...small,
      fit: {
        atMost: 70,
        factors: [
          { field: 'employees', bands: [{ points: 1 }, { below: 3, points: 1 }, { below: 2, points: 1 }] },
          { field: 'employees', known: 1, words: { a: 1 } },
          { field: 'company', otherwise: 3, each: { points: 1, atMost: -1 } },
        ],
      },
      grades: { A: 10, B: 20, C: 5 },
      notQualified: [{ all: [{ field: 'country' }], reason: 'x' }],
    });
    expect(wrong).toEqual({
      ok: false,
      problems: [
        { path: '', detail: 'fit and engagement count for at most 110 together, not 100' },
        { path: 'fit.factors[0].bands[0]', detail: 'only the last band may leave below out' },
        { path: 'fit.factors[0].bands[2].below', detail: 'bands must ascend' },
        { path: 'fit.factors[1]', detail: 'a second factor called employees: give it a name of its own' },
        { path: 'fit.factors[1]', detail: 'needs one of: known, words, bands, each' },
        { path: 'fit.factors[2].otherwise', detail: 'belongs to words' },
        { path: 'fit.factors[2].each', detail: 'points and atMost must have the same sign' },
        { path: 'grades', detail: 'A must need more than B, and B more than C' },
        { path: 'notQualified[0].all[0]', detail: 'needs one of: is, below, known' },
      ],
    });
    expect(readModel({ ...small, fit: { atMost: 60, factors: [{ field: 'email', known: 3 }] } })).toMatchObject({
      problems: [{ path: 'fit.factors[0].field', detail: expect.stringMatching(/^must be a fact such as/) }],
    });
  });
});

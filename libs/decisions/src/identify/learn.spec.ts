import fc from 'fast-check';
import type { NormalisedLead } from '../normalise/normalise-lead.js';
import { engage, firstKnowledge, learn } from './learn.js';

const facts = (more: Partial<NormalisedLead['facts']> = {}) => ({ engagement: {}, attributes: {}, ...more });
const lead = (more: Partial<NormalisedLead> = {}): NormalisedLead => ({
  sourceId: 'website',
  contact: {},
  reachable: { email: true, phone: false },
  facts: facts(),
  occurredAt: 1_000,
  ...more,
});
const known = (more: Partial<NormalisedLead> = {}, missing: string[] = []) => firstKnowledge(lead(more), missing);

describe('somebody who is sent again', () => {
  it('is known better: gaps are filled, what was said stays, and what is said otherwise is told beside it', () => {
    const before = known({ facts: facts({ country: 'DE', employees: 50, attributes: { role: 'IT' } }) }, ['company']);
    const again = lead({
      reachable: { email: true, phone: true },
      facts: facts({ company: 'Example', country: 'DE', employees: 80, attributes: { role: 'CEO', budget: 7 } }),
    });
    expect(learn(before, again, ['phone'])).toEqual({
      knowledge: {
        facts: facts({ country: 'DE', employees: 50, company: 'Example', attributes: { role: 'IT', budget: 7 } }),
        reachable: { email: true, phone: true },
        engagedAt: {},
        missing: [],
      },
      changed: ['phone', 'company', 'attributes.budget'],
      otherwise: facts({ employees: 80, attributes: { role: 'CEO' } }),
    });
  });

  it('changes nothing when nothing is new', () => {
    const same = { facts: facts({ country: 'DE', engagement: { visits: 3 } }), consent: { given: true } };
    expect(learn(known(same), lead({ ...same, occurredAt: 2_000 })).changed).toEqual([]);
  });

  it('has no region of another country, and no domain of another company', () => {
    const before = known({ facts: facts({ country: 'DE', company: 'Example' }) });
    const other = facts({ country: 'FR', region: 'FR-IDF', company: 'Other', companyDomain: 'other.example' });
    const { knowledge, changed, otherwise } = learn(before, lead({ facts: other }));
    expect([knowledge.facts, changed, otherwise]).toEqual([before.facts, [], other]);
    const region = learn(before, lead({ facts: facts({ country: 'DE', region: 'DE-BE' }) }));
    expect(region.knowledge.facts.region).toBe('DE-BE');
  });

  it('has a company’s address rather than a private one, whichever came first', () => {
    const [free, company] = [facts({ emailKind: 'free' as const }), facts({ emailKind: 'company' as const })];
    expect(learn(known({ facts: free }), lead({ facts: company })).knowledge.facts.emailKind).toBe('company');
    expect(learn(known({ facts: company }), lead({ facts: free })).knowledge.facts.emailKind).toBe('company');
  });

  it('did what was told last, by when it happened, and agrees as was told last', () => {
    const before = known({ facts: facts({ engagement: { visits: 3 } }), consent: { given: true }, occurredAt: 2_000 });
    const [late, newer] = [1_000, 3_000].map((occurredAt) =>
      learn(before, lead({ occurredAt, facts: facts({ engagement: { visits: 9 } }), consent: { given: false } })),
    );
    expect(late).toMatchObject({ changed: [], knowledge: { facts: { engagement: { visits: 3 } } } });
    expect(newer).toMatchObject({
      changed: ['engagement.visits', 'consent'],
      knowledge: {
        facts: { engagement: { visits: 9 } },
        engagedAt: { visits: 3_000 },
        consent: { given: false },
        consentAt: 3_000,
      },
    });
  });
});

describe('what somebody known does', () => {
  it('adds up, or is set as it was told last', () => {
    const before = known({ facts: facts({ engagement: { pageViews: 2, points: 10 } }) });
    expect(engage(before, { adds: { pageViews: 1, opens: 1 }, sets: { points: 25 }, occurredAt: 2_000 })).toMatchObject(
      {
        knowledge: {
          facts: { engagement: { pageViews: 3, opens: 1, points: 25 } },
          engagedAt: { pageViews: 2_000, opens: 2_000, points: 2_000 },
        },
        changed: ['engagement.pageViews', 'engagement.opens', 'engagement.points'],
      },
    );
    const late = engage(before, { adds: { pageViews: 1 }, sets: { points: 5 }, occurredAt: 500 });
    expect(late).toMatchObject({
      knowledge: {
        facts: { engagement: { pageViews: 3, points: 10 } },
        engagedAt: { pageViews: 1_000, points: 1_000 },
      },
      changed: ['engagement.pageViews'],
    });
  });

  it('never comes to more than one lead may have, in whatever order it comes', () => {
    const doing = fc.record({
      adds: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.integer({ min: -5, max: 5 }), { maxKeys: 40 }),
      sets: fc.dictionary(fc.string({ minLength: 1, maxLength: 8 }), fc.string({ maxLength: 200 }), { maxKeys: 40 }),
      occurredAt: fc.nat(10_000),
    });
    fc.assert(
      fc.property(fc.array(doing, { maxLength: 6 }), (all) => {
        const { facts: after } = all.reduce((before, each) => engage(before, each).knowledge, known());
        expect(Object.keys(after.engagement).length).toBeLessThanOrEqual(64);
        expect(Buffer.byteLength(JSON.stringify([after.engagement, after.attributes]))).toBeLessThanOrEqual(16_384);
      }),
    );
  });
});

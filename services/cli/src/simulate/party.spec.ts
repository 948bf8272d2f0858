import type { MarketLead } from './market.js';
import { defaultParameters, type Parameters } from './parameters.js';
import { SimulatedParty } from './party.js';

const party = (parameters: Partial<Parameters> = {}, id = 'acme') =>
  new SimulatedParty(id, { ...defaultParameters, ...parameters });
const lead = (quality: number, luck: Partial<MarketLead['luck']> = {}): MarketLead => ({
  lead: {
    state: 'graded',
    grade: 'A',
    facts: { engagement: {}, attributes: {} },
    sourceId: 'web',
    model: '',
    consent: 'given',
  },
  ...{ now: 0, domain: 'a.example', quality, dealValue: 1_000 },
  luck: { listed: 0, worked: 0, hours: 0.5, opportunity: 0, won: 0, ...luck },
});

describe('a party that works leads', () => {
  it('follows up less the worse its leads are than it expects, and not more for better ones', () => {
    const followUp = (experiencePartners: number, elasticity = 1) => party({ experiencePartners, elasticity }).followUp;
    expect(followUp(0.15)).toBeCloseTo(0.9);
    expect(followUp(0.4)).toBeCloseTo(0.9);
    expect(followUp(0.1)).toBeCloseTo(0.6);
    expect(followUp(0.1, 2)).toBeCloseTo(0.3);
    expect(followUp(0.1, 0)).toBeCloseTo(0.9);
  });

  it('works some leads however bad they are', () => {
    expect(party({ experiencePartners: 0 }).followUp).toBe(0.07);
  });

  it('is slower the less it follows up', () => {
    expect(party({ experiencePartners: 0.15 }).hours).toBeCloseTo(4);
    expect(party({ experiencePartners: 0.1 }).hours).toBeCloseTo(4 + 116 / 3);
  });

  it('makes opportunities by the lead’s quality, how warm it still is, and its own skill', () => {
    // At its best: called after 4 hours, when a lead has 200 / 204 of its chance left.
    const chance = 0.5 * defaultParameters.opportunityAtBest * (200 / 204);
    const made = (opportunity: number, parameters: Partial<Parameters> = {}) =>
      party({ experiencePartners: 0.15, ...parameters }).work(lead(0.5, { opportunity })).qualified;
    expect([made(chance - 0.001), made(chance + 0.001)]).toEqual([true, false]);
    expect(made(chance * 1.19, { skillPartners: 1.2 })).toBe(true);
    expect(made(chance * 0.99, { coolsInHours: 50 })).toBe(false);
  });

  it('wins no lead that is no opportunity, and makes none of a lead that it lets lie', () => {
    expect(party().work(lead(1, { worked: 0.99 }))).toEqual({ worked: false, qualified: false, won: false });
    expect(party().work(lead(1, { opportunity: 0.99 }))).toEqual({ worked: true, qualified: false, won: false });
    expect(party().work(lead(1))).toEqual({ worked: true, qualified: true, won: true });
  });

  it('learns from the leads that it worked, half from the last quarter, and nothing from those that it let lie', () => {
    const acme = party();
    acme.learn();
    expect(acme.experience).toBe(0.1);
    for (const opportunity of [0, 0.99, 0.99, 0.99]) acme.work(lead(1, { opportunity }));
    acme.work(lead(1, { worked: 0.99 }));
    acme.learn();
    expect(acme.experience).toBeCloseTo(0.1 / 2 + 0.25 / 2);
  });

  it('is of one kind, whether it is a partner or direct: what they know at the beginning is all that differs', () => {
    expect(party({ experienceDirect: 0.1 }, 'direct').followUp).toBe(party().followUp);
  });
});

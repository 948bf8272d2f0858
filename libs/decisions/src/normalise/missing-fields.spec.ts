import { isNeed, missingFields } from './missing-fields.js';

const lead = {
  facts: { country: 'DE', engagement: { pages: 3 }, attributes: {} },
  reachable: { email: false, phone: true },
  contact: { lastName: 'Doe' },
};

describe('a lead is complete', () => {
  it('when it has what its pool needs', () => {
    expect(missingFields(lead, [])).toEqual([]);
    expect(missingFields(lead, ['contact', 'phone', 'lastName', 'country', 'engagement.pages', 'externalId'])).toEqual(
      [],
    );
  });

  it('and otherwise it is known what is missing, in the order of the needs', () => {
    const needs = ['company', 'email', 'firstName', 'domain', 'consent', 'attributes.budget', 'country', 'constructor'];
    expect(missingFields(lead, needs)).toEqual(needs.filter((field) => field !== 'country'));
  });

  it('what may be needed are our fields, a contact of any kind, and free values', () => {
    for (const need of ['email', 'contact', 'employees', 'attributes.budget']) expect(isNeed(need)).toBe(true);
    for (const need of ['e-mail', 'engagement', 'attributes.', 'constructor', '']) expect(isNeed(need)).toBe(false);
  });
});

import { missingFields } from './missing-fields.js';

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
});

import { passes } from './endpoint-filter.js';

const lead = { pool: 'smb', grade: 'B', country: 'DE', region: 'DE-BY', product: 'Cloud ', industry: 'Retail' };

describe('what an endpoint is told of', () => {
  it.each([
    ['nothing said', {}, true],
    ['its pool', { pools: ['enterprise', 'smb'] }, true],
    ['another pool', { pools: ['enterprise'] }, false],
    ['its grade and country', { grades: ['A', 'B'], countries: ['DE'] }, true],
    ['its grade, and another country', { grades: ['A', 'B'], countries: ['FR'] }, false],
    ['its region', { regions: ['DE-BY'] }, true],
    ['its product, written otherwise', { products: ['cloud'] }, true],
    ['its industry, and another product', { industries: ['RETAIL'], products: ['storage'] }, false],
  ])('is decided by %s', (_, filter, told) => {
    expect(passes(filter, lead)).toBe(told);
  });

  it('is not a lead of which nobody knows what is asked for', () => {
    expect(passes({ grades: ['A', 'B', 'C', 'D'] }, { ...lead, grade: null })).toBe(false);
    expect(passes({ products: ['cloud'] }, {})).toBe(false);
    expect(passes({}, {})).toBe(true);
  });
});

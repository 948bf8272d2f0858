import { sharedData } from '../../test/shared-data.js';
import { readPhone } from './phone.js';

describe('a phone number', () => {
  it('is E.164, whether it was written as dialled abroad or at home', () => {
    expect(readPhone('+49 (0)30 / 901820')).toBe('+4930901820');
    expect(readPhone('030 901820', 'DE')).toBe('+4930901820');
    expect(readPhone('0049 30 901820', 'US')).toBe('+4930901820');
    expect(readPhone('(415) 555-2671', 'US')).toBe('+14155552671');
  });

  it('is refused where the country is not known', () => {
    expect(readPhone('030 901820')).toBeUndefined();
    expect(readPhone('030 901820', 'ZZ')).toBeUndefined();
  });

  it.each([
    '',
    '12',
    '+1 000 000 0000',
    'call me',
    '+49 30 901820\0',
    '+49309018201234567890',
    'tel: +49 30 901820 or so',
  ])('is not %j', (text) => {
    expect(readPhone(text, 'DE')).toBeUndefined();
  });

  it('loses its extension, since E.164 has none', () => {
    expect(readPhone('+1 415 555 2671 ext. 12')).toBe('+14155552671');
  });

  const examples = sharedData('phone_examples.csv');
  (examples ? it : it.skip)('is found in every country (../shared/data/phone_examples.csv)', () => {
    const rows = (examples ?? '').trim().split(/\r?\n/).slice(1);
    expect(rows.length).toBeGreaterThan(200);
    for (const row of rows) {
      const [region, , e164, national, international] = row.split(',');
      if (row.includes('"')) continue;
      const read = [e164, national, international].map((text) => readPhone(text ?? '', region));
      expect({ region, read }).toEqual({ region, read: [e164, e164, e164] });
    }
  });
});

import fc from 'fast-check';
import { readMoment, writeDay } from './moment.js';

describe('a day', () => {
  it('is written as a Date would write it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (moment) => {
        expect(writeDay(moment)).toBe(new Date(moment).toISOString().slice(0, 10));
      }),
    );
    for (const day of ['1970-01-01', '2024-02-29', '2100-02-28', '2100-03-01', '2000-12-31'])
      expect(writeDay(Date.parse(day))).toBe(day);
  });
});

describe('a moment', () => {
  it.each([
    ['2026-11-24T08:15:30Z', '2026-11-24T08:15:30.000Z'],
    ['2026-11-24t08:15:30.123456+01:00', '2026-11-24T07:15:30.123Z'],
    ['2026-11-24 08:15', '2026-11-24T08:15:00.000Z'],
    ['2026-11-24', '2026-11-24T00:00:00.000Z'],
    ['2024-02-29', '2024-02-29T00:00:00.000Z'],
    ['2026-11-24T00:00:00-0530', '2026-11-24T05:30:00.000Z'],
  ])('%s is %s', (text, moment) => {
    expect(readMoment(text)).toBe(Date.parse(moment));
  });

  it.each([
    '',
    '04/05/2026',
    '2026-13-01',
    '2026-02-29',
    '2100-02-29',
    '2026-11-24T24:00:00Z',
    '1969-12-31',
    '20261124',
    'now',
  ])('%j is none', (text) => {
    expect(readMoment(text)).toBeUndefined();
  });

  it('is what a Date says it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 253_402_300_799_999 }), (ms) => {
        expect(readMoment(new Date(ms).toISOString())).toBe(ms);
      }),
    );
  });
});

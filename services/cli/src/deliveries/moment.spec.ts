import { momentOf } from './moment.js';

describe('a moment of the command line', () => {
  const now = Date.parse('2026-01-31T12:00:00Z');

  it.each([
    ['90m', '2026-01-31T10:30:00.000Z'],
    ['12h', '2026-01-31T00:00:00.000Z'],
    ['7d', '2026-01-24T12:00:00.000Z'],
    ['2026-01-30T08:00:00+01:00', '2026-01-30T08:00:00+01:00'],
    ['yesterday', 'yesterday'],
    ['7w', '7w'],
  ])('%s is %s', (text, instant) => {
    expect(momentOf(text, now)).toBe(instant);
  });
});

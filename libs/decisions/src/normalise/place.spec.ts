import { sharedData } from '../../test/shared-data.js';
import { readCountry } from './country.js';
import { readRegion } from './region.js';

describe('a country', () => {
  it.each([
    ['de', 'DE'],
    ['DEU', 'DE'],
    ['276', 'DE'],
    ['Germany', 'DE'],
    [' deutschland ', 'DE'],
    ['ALLEMAGNE', 'DE'],
    ['ドイツ', 'DE'],
    ['UK', 'GB'],
    ['U.S.A.', 'US'],
    ['Côte d’Ivoire', 'CI'],
    ['Cote d Ivoire', 'CI'],
    ['Tanzania, United Republic of', 'TZ'],
    ['Congo', 'CG'],
    ['Congo, The Democratic Republic of the', 'CD'],
  ])('%s is %s', (text, code) => {
    expect(readCountry(text)).toBe(code);
  });

  it.each(['', 'ZZ', 'unknown', 'Asia/Pacific Region', 'constructor', '__proto__', 'Bavaria', '999'])(
    '%j is none',
    (text) => {
      expect(readCountry(text)).toBeUndefined();
    },
  );

  const list = sharedData('iso3166_subdivisions.csv');
  const rows = [...(list ?? '').matchAll(/^([A-Z]{2}),("[^"]*"|[^",]*),([A-Z]{2}-[A-Z0-9]{1,3}),("[^"]*"|[^",]*),/gm)];
  (list ? it : it.skip)('is found by every name of the standard (../shared/data/iso3166_subdivisions.csv)', () => {
    const countries = new Map(rows.map(([, code, name = '']) => [name.replaceAll('"', ''), code]));
    expect(countries.size).toBeGreaterThan(190);
    for (const [name, code] of countries) expect({ name, code: readCountry(name) }).toEqual({ name, code });
  });

  (list ? it : it.skip)('has each of its regions (../shared/data/iso3166_subdivisions.csv)', () => {
    expect(rows.length).toBeGreaterThan(4_900);
    for (const [, , , code = ''] of rows) expect(readRegion(code)).toBe(code);
    const byName = rows.filter(
      ([, country, , code, name = '']) => readRegion(name.replaceAll('"', ''), country) === code,
    );
    // The rest: transliterations, older names, and names that a city shares with the district around it.
    expect(byName.length / rows.length).toBeGreaterThan(0.9);
  });
});

describe('a region', () => {
  it('is known by its code everywhere, by its name only in its country', () => {
    expect(readRegion('de-by')).toBe('DE-BY');
    expect(readRegion('BY', 'DE')).toBe('DE-BY');
    expect(readRegion('Bayern', 'DE')).toBe('DE-BY');
    expect(readRegion('California', 'US')).toBe('US-CA');
    expect(readRegion('Ile de France', 'FR')).toBe('FR-IDF');
    expect(readRegion('Bayern')).toBeUndefined();
    expect(readRegion('California', 'DE')).toBeUndefined();
    expect(readRegion('', 'DE')).toBeUndefined();
  });
});

import { companyKey } from './legal-forms.js';

describe('the name by which companies are compared', () => {
  it.each(
    [
      'Nordlicht',
      'NORDLICHT AG',
      'Nordlicht GmbH',
      'Nordlicht GmbH & Co. KG',
      'Nordlicht GmbH und Co KG',
      'Nordlicht AG & Co. KGaA',
      'Nordlicht UG (haftungsbeschränkt)',
      'Nordlicht UG (haftungsbeschränkt) & Co. KG',
      'Nordlicht Ges.m.b.H.',
      'Nordlicht SE',
      'Nordlicht e.K.',
      'Nordlicht Ltd',
      'Nordlicht, Ltd.',
      'Nordlicht Limited',
      'Nordlicht Co., Ltd.',
      'Nordlicht Inc.',
      'Nordlicht, LLC',
      'Nordlicht L.L.C.',
      'Nordlicht Corp',
      'Nordlicht Corporation',
      'Nordlicht plc',
      'Nordlicht Pty Ltd',
      'Nordlicht Pte. Ltd.',
      'Nordlicht S.A.',
      'Nordlicht SA',
      'Nordlicht S. A.',
      'Nordlicht SAS',
      'Nordlicht S.A.S.',
      'Nordlicht S.à r.l.',
      'Nordlicht SARL',
      'Nordlicht B.V.',
      'Nordlicht BV',
      'Nordlicht N.V.',
      'Nordlicht Oy',
      'Nordlicht Oyj',
      'Nordlicht AB',
      'Nordlicht AB (publ)',
      'Nordlicht ApS',
      'Nordlicht A/S',
      'Nordlicht KG',
      'Nordlicht S.r.l.',
      'Nordlicht S.p.A.',
      'Nordlicht SpA',
      'Nordlicht S.L.',
      'Nordlicht S.A. de C.V.',
      'Nordlicht sp. z o.o.',
      'Nordlicht s.r.o.',
      'Nordlicht d.o.o.',
      'Nordlicht K.K.',
    ].map((name) => [name]),
  )('is the same for %s', (name) => {
    expect(companyKey(name)).toBe('nordlicht');
  });

  it.each([
    ['Nordlicht Süd GmbH', 'nordlicht sud'],
    ['Nordlichter AG', 'nordlichter'],
    ['AG Nordlicht', 'ag nordlicht'],
    ['Inc. Magazine', 'inc magazine'],
    ['Nordlicht GmbH Berlin', 'nordlicht gmbh berlin'],
    // Only once: what is left is the name.
    ['SAS AB', 'sas'],
    ['Nordlicht AG Inc', 'nordlicht ag'],
    ['Tiffany & Co.', 'tiffany co'],
    ['Riverside Spa', 'riverside spa'],
    ['RIVERSIDE SPA', 'riverside spa'],
    ['Riverside S.p.A.', 'riverside'],
    ["L'Oréal S.A.", 'l oreal'],
    ['株式会社日立製作所', '株式会社日立製作所'],
  ])('of %s is %s', (name, key) => {
    expect(companyKey(name)).toBe(key);
  });

  it.each([
    ['AG', 'ag'],
    ['S.A.', 's a'],
    ['SpA', 'spa'],
    ['S.p.A.', 's p a'],
    ['Limited', 'limited'],
    ['GmbH & Co. KG', 'gmbh co kg'],
  ])('stays whole where it is nothing but a legal form: %s', (name, key) => {
    expect(companyKey(name)).toBe(key);
  });

  it('is empty where there is neither a letter nor a digit', () => {
    expect(['', '...', ' & '].map(companyKey)).toEqual(['', '', '']);
  });
});

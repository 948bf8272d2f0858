import fc from 'fast-check';
import { parse } from 'yaml';
import { yamlOf } from '../../page/src/words/yaml.js';

describe('a document as YAML', () => {
  it('is written as people write it: what is small in braces, what is read first at the top', () => {
    const policy = {
      pools: [
        { match: { countries: ['DE', 'NO'], employees: { below: 500 } }, id: 'smb', offer: { acceptWithin: '4h' } },
        { match: {}, id: 'rest' },
      ],
      name: 'emea',
    };
    expect(yamlOf(policy, ['name', 'id'])).toBe(
      `name: emea
pools:
  - id: smb
    match: { countries: [DE, "NO"], employees: { below: 500 } }
    offer: { acceptWithin: 4h }
  - id: rest
    match: {}
`,
    );
  });

  it('breaks what would be too long for a line', () => {
    const long = { all: { countries: { of: 'x'.repeat(60), and: 'y'.repeat(60) } } };
    expect(
      yamlOf(long)
        .split('\n')
        .every((line) => line.length <= 100),
    ).toBe(true);
  });

  it('is read as the very document that it was written of', () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (document) => {
        expect(parse(yamlOf(document))).toEqual(JSON.parse(JSON.stringify(document)));
      }),
    );
  });

  it.each([
    'no',
    'Yes',
    'null',
    '~',
    '1',
    '0x1f',
    '1e3',
    '2026-01-31',
    '- a',
    'a: b',
    '#',
    '',
    ' a',
    '.inf',
    '<<',
    '5h',
  ])('keeps %j a text', (text) => {
    expect(parse(yamlOf({ text }))).toEqual({ text });
  });
});

import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { canonicalJson, contentHash } from './content-hash.js';

describe('the content hash of a document', () => {
  it('is SHA-256 of its canonical JSON', () => {
    const canonical = '{"a":[1,2.5,"é"],"b":{"c":null,"d":true}}';
    expect(canonicalJson({ b: { d: true, c: null }, a: [1, 2.5, 'é'] })).toBe(canonical);
    expect(contentHash({ b: { d: true, c: null }, a: [1, 2.5, 'é'] })).toBe(
      createHash('sha256').update(canonical).digest('hex'),
    );
  });

  it('sorts keys and writes numbers as RFC 8785 shows it', () => {
    // Sections 3.2.3 and 3.2.2 of the RFC.
    const keys = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    const numbers = [333333333.33333329, 1e30, 4.5, 2e-3, 0.000000000000000000000000001, -0];
    expect(canonicalJson(keys)).toBe('{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}');
    expect(canonicalJson(numbers)).toBe('[333333333.3333333,1e+30,4.5,0.002,1e-27,0]');
  });

  it('does not depend on the order in which keys were written', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: 'grapheme' }), fc.jsonValue({ maxDepth: 2 })), (document) => {
        const turned = Object.fromEntries(Object.entries(document).reverse());
        expect(contentHash(turned)).toBe(contentHash(document));
        expect(JSON.parse(canonicalJson(document))).toEqual(JSON.parse(JSON.stringify(document)));
      }),
    );
  });

  it('takes a key without a value for a key that is not there', () => {
    expect(contentHash({ name: 'acme', weight: undefined })).toBe(contentHash({ name: 'acme' }));
  });

  it.each([Number.NaN, Infinity, '\ud800', { '\udfff': 1 }, () => 1])('has none for %p', (value) => {
    expect(() => contentHash(value)).toThrow(TypeError);
  });
});

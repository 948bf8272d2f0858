import fc from 'fast-check';
import { findJsonError } from './find-json-error.js';

describe('where a text stops being JSON', () => {
  it.each([
    ['', 1, 1, 'a value was expected'],
    ['{"a":}', 1, 6, 'a value was expected'],
    ['{"a":1,}', 1, 8, 'a name in quotation marks was expected'],
    ['[1,]', 1, 4, 'a value was expected'],
    ['{"a" 1}', 1, 6, 'a colon was expected'],
    ['{"a":1 "b":2}', 1, 8, 'a comma or } was expected'],
    ['{\n  "a": 1,\n  b: 2\n}', 3, 3, 'a name in quotation marks was expected'],
    ['[{"a":"x', 1, 7, 'a text is not closed or has a character that must be escaped'],
    ['["a\tb"]', 1, 2, 'a text is not closed or has a character that must be escaped'],
    ['[01]', 1, 2, 'a value was expected'],
    ['[1] [2]', 1, 5, 'the end was expected'],
    ['NaN', 1, 1, 'a value was expected'],
    ["{'a':1}", 1, 2, 'a name in quotation marks was expected'],
  ])('%j: line %d, column %d: %s', (text, line, column, expected) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(findJsonError(text)).toEqual({ line, column, expected });
  });

  it('is found in whatever JSON.parse refuses, also when it is nested very deep', () => {
    const broken = fc
      .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 3 }))
      .map(([json, at, noise]) => json.slice(0, at % (json.length + 1)) + noise + json.slice(at % (json.length + 1)));
    fc.assert(
      fc.property(broken, (text) => {
        try {
          JSON.parse(text);
        } catch {
          expect(findJsonError(text).line).toBeGreaterThan(0);
        }
      }),
      { numRuns: 2_000 },
    );
    expect(findJsonError('['.repeat(1_000_000))).toMatchObject({ column: 1_000_001 });
  });
});

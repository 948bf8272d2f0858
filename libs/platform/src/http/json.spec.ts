import fc from 'fast-check';
import { parseJson } from './json.js';

const parse = (text: string) => parseJson(Buffer.from(text));

describe('parsing a body', () => {
  it('reads whatever JSON expresses, byte for byte as JSON.parse does', () => {
    fc.assert(
      fc.property(
        fc.json({ maxDepth: 8 }).filter((text) => !/__proto__|constructor/.test(text)),
        (text) => {
          expect(parse(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  it('keeps an id that a double cannot hold, where that is asked for', () => {
    const text = '{"id":123456789012345678901,"small":12345678901234,"share":0.12345678901234567}';
    expect(parseJson(Buffer.from(text), { exactIntegers: true })).toEqual({
      id: '123456789012345678901',
      small: 12345678901234,
      share: 0.12345678901234567,
    });
  });

  it('takes an empty body for none', () => {
    expect(parse('')).toBeUndefined();
  });

  it('counts the depth of values, and not of brackets in texts', () => {
    expect(parse(JSON.stringify('['.repeat(1_000)))).toHaveLength(1_000);
    expect(parse(String.raw`"\"[[[[\\"`)).toBe('"[[[[\\');
    expect(parse(`${'['.repeat(64)}${']'.repeat(64)}`)).toBeDefined();
    expect(() => parse(`${'['.repeat(65)}${']'.repeat(65)}`)).toThrow('Malformed JSON');
  });

  it.each([
    '{"__proto__":1}',
    '{"a":{"__proto__":1}}',
    '{"constructor":{"prototype":1}}',
    '\uFEFF{"\\u005f_proto__":1}',
  ])('refuses %s', (text) => {
    expect(() => parse(text)).toThrow('Malformed JSON');
  });

  it('lets a field be called constructor', () => {
    expect(parse('{"constructor":"Bauer GmbH"}')).toEqual({ constructor: 'Bauer GmbH' });
  });
});

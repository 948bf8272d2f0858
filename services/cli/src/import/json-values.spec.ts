import fc from 'fast-check';
import { type JsonText, jsonValues } from './json-values.js';

async function cut(text: string, chunkLength = text.length || 1, maxLength = 1_000): Promise<JsonText[]> {
  async function* chunks() {
    for (let at = 0; at < text.length; at += chunkLength) yield text.slice(at, at + chunkLength);
  }
  const values: JsonText[] = [];
  for await (const value of jsonValues(chunks(), maxLength)) values.push(value);
  return values;
}

describe('cutting JSON into values', () => {
  it('gives the elements of a list, each on one line, with the line on which it began', async () => {
    expect(await cut('[\n  {"a": "x\\"]}"},\n  {\n"b": [1, 2]}\n]')).toEqual([
      { text: '{"a": "x\\"]}"}', line: 2 },
      { text: '{ "b": [1, 2]}', line: 3 },
    ]);
  });

  it('gives values that stand one after another', async () => {
    expect((await cut('{"a":1}{"b":2}\n{"c":3} 4')).map(({ text }) => text)).toEqual([
      '{"a":1}',
      '{"b":2}',
      '{"c":3}',
      '4',
    ]);
  });

  it.each(['', ' ', '[]', '\ufeff[]'])('gives nothing for %j', async (text) => {
    expect(await cut(text)).toEqual([]);
  });

  it('gives back every value, wherever the stream is cut', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.jsonValue())),
        fc.integer({ min: 1, max: 9 }),
        async (values, n) => {
          const found = await cut(JSON.stringify(values, null, 1), n, 1_000_000);
          expect(found.map(({ text }) => JSON.parse(text) as unknown)).toEqual(JSON.parse(JSON.stringify(values)));
        },
      ),
    );
  });

  it('leaves a value that is wrong inside to itself', async () => {
    expect((await cut('[{"a":}, {"b":2}]')).map(({ text }) => text)).toEqual(['{"a":}', '{"b":2}']);
  });

  it.each([
    ['[{"a":1}', 'line 1: the list does not end'],
    ['[\n{"a":1', 'line 2: the value that begins here does not end'],
    ['{"a":1}}', 'line 1: more brackets close than open'],
    [`["${'x'.repeat(2_000)}"]`, 'line 1: the value that begins here is longer than 1000 characters'],
  ])('stops at %j', async (text, message) => {
    await expect(cut(text)).rejects.toThrow(message);
  });
});

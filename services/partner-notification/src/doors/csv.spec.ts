import fc from 'fast-check';
import { parse } from 'csv-parse/sync';
import { csvOf, harmless } from './csv.js';

const read = (csv: Buffer): string[][] => parse(csv, { bom: true });
/** As a spreadsheet looks at a cell: past white space and control characters. */
const runs = (cell: string) => /^[=+\-@＝＋－＠]/u.test(cell.replace(/^[\s\p{C}\p{Z}]+/u, ''));

describe('a table for spreadsheets', () => {
  it('quotes every cell, doubles quotes, and ends each line as RFC 4180 says', () => {
    expect(csvOf(['a', 'b'], [['x "y"', 'one, two']]).toString()).toBe('\uFEFF"a","b"\r\n"x ""y""","one, two"\r\n');
  });

  it.each([
    ...['=1+1', '+49 30 1', '-2', '@SUM(A1)', ' =1', '\u0000=1', '\u00a0=1', '\u200b=1', '\ufeff=1'],
    ...['＝1', '＋1', '－1', '＠x', ' \u3000＝1', '\u2028=1', '\u202e=1', '\u00ad=1'],
  ])('makes a text of %j', (cell) => {
    expect(harmless(cell)).toBe(`'${cell}`);
  });

  it.each(['', 'Größe & Söhne', 'a=b', 'ann@acme.test', '5-10 people', 'C++', '1+1', 'one; two', "it's"])(
    'leaves %j as it is',
    (cell) => {
      expect(harmless(cell)).toBe(cell);
    },
  );

  it.each(['\tx', '\rx', '\nx'])('lets no cell begin with the control character of %j', (cell) => {
    expect(harmless(cell)).toBe(`'${cell}`);
  });

  const nasty = fc.string({
    unit: fc.constantFrom(
      '=',
      '+',
      '-',
      '@',
      '＝',
      ';',
      ',',
      '"',
      "'",
      ' ',
      '\t',
      '\r',
      '\n',
      '\u0000',
      '\u200b',
      'a',
      '1',
    ),
    maxLength: 12,
  });

  it.each(['\t', '\r', '\n', ';', ',', '"'])(
    'makes a text also of what follows %j, where another cell may begin',
    (end) => {
      expect(harmless(`a${end} =1`)).toBe(`a${end} '=1`);
    },
  );

  it('has no cell that is run, wherever it is split', () => {
    fc.assert(
      fc.property(fc.array(nasty, { minLength: 1, maxLength: 4 }), (cells) => {
        const csv = csvOf(['h'], [cells]).toString();
        expect(csv.split(/[,;\t\r\n"]/).filter(runs)).toEqual([]);
      }),
    );
  });

  it('gives back what went in, but for the marks', () => {
    fc.assert(
      fc.property(fc.array(fc.array(nasty, { minLength: 2, maxLength: 2 }), { maxLength: 4 }), (rows) => {
        expect(read(csvOf(['a', 'b'], rows)).slice(1)).toEqual(rows.map((row) => row.map(harmless)));
      }),
    );
  });
});

import { Problem } from '@fairlead/platform';
import { Readable } from 'node:stream';
import { MAX_LIST_BYTES, readListTable } from './read-list.js';

const read = (table: string | Buffer | Readable) =>
  readListTable(table instanceof Readable ? table : Readable.from([Buffer.from(table)]), 'jane');

async function refusalOf(table: string | Buffer | Readable): Promise<Record<string, unknown>> {
  try {
    await read(table);
  } catch (error) {
    if (error instanceof Problem) return error.details;
    throw error;
  }
  throw new Error('was taken');
}
const errorsOf = async (table: string | Buffer) =>
  ((await refusalOf(table))['errors'] as { field: string; detail: string }[]).map(
    ({ field, detail }) => `${field}: ${detail}`,
  );
const from = Date.UTC(2026, 0, 1);

describe('a list of named accounts, as a table', () => {
  it('is read as people and spreadsheets write it', async () => {
    const written = [
      '\ufeffCompany; OWNER ;from;Domain;until',
      '"Two\nlines";+49 30;2026-01-01;;2026-12-31',
      '',
      ';north;2026-01-01;https://www.Shop.example.co.uk/de;',
      '5" Pipes Ltd;north;2026-01-01',
      '  Müller  ; north ;2026-01-01; ;;;',
    ].join('\r\n');
    const entries = [
      { domain: 'example.co.uk', owner: 'north', from },
      { company: '5" Pipes Ltd', owner: 'north', from },
      { company: 'Müller', owner: 'north', from },
      { company: 'Two\nlines', owner: '+49 30', from, until: Date.UTC(2027, 0, 1) },
    ];
    expect(await read(written)).toEqual({ owner: 'jane', entries });
    const inPieces = Readable.from([...Buffer.from(written)].map((byte) => Buffer.from([byte])));
    expect(await read(inPieces)).toEqual({ owner: 'jane', entries });
  });

  it('takes a formula for the text that it is', async () => {
    const cells = ['"=HYPERLINK(""http://evil.example"")"', '@SUM(A1)', '-1+1', "=cmd|' /C calc'!A0"];
    const { entries } = await read(`company,owner,from\n${cells.map((cell) => `${cell},=1+1,2026-01-01`).join('\n')}`);
    expect(entries.map(({ company }) => company)).toEqual([
      '-1+1',
      '=HYPERLINK("http://evil.example")',
      "=cmd|' /C calc'!A0",
      '@SUM(A1)',
    ]);
    expect(entries[0]?.owner).toBe('=1+1');
  });

  it('is refused with the columns that it should not have, and those that it should', async () => {
    expect(await errorsOf('Domain,Account Owner,until,domain\na.com,north,,\n')).toEqual([
      'Account Owner: column 2 is none of a list: domain, company, owner, from, until',
      'domain: column 4 is there twice',
      'owner: there is no such column',
      'from: there is no such column',
    ]);
    expect(await errorsOf('owner,from\nnorth,2026-01-01\n')).toEqual([
      'domain: there is neither a column `domain` nor `company`',
    ]);
  });

  it('is refused with every row that is wrong, by its number and line', async () => {
    expect(
      await errorsOf(
        Buffer.concat([
          Buffer.from('domain,company,owner,from,until\n"localhost",,north,2026-01-01,\n\n,"Two\nlines",north,,\n'),
          Buffer.from('a.com,A,north,2026-01-01,\na.com,,north,31.12.2026,\na.com,,north,2026-02-01,2026-01-01\n'),
          Buffer.from(',M\xfcller,north,2026-01-01,\n', 'latin1'),
          Buffer.from('a.com,,north,2026-01-01,,more\n,...,north,2026-01-01,\n'),
        ]),
      ),
    ).toEqual([
      'domain: row 1 (line 2): is no domain',
      'from: row 2 (line 5): is missing',
      'row: row 3 (line 6): needs a domain or a company, not both',
      expect.stringMatching(/^from: row 4 \(line 7\): must be a date/),
      'until: row 5 (line 8): is before it begins',
      'row: row 6 (line 9): is not valid UTF-8: save the file as UTF-8',
      'row: row 7 (line 10): has more cells than the header',
      'company: row 8 (line 11): is no name',
    ]);
  });

  it('is refused where it is no table', async () => {
    const detailOf = async (table: string | Buffer) => (await refusalOf(table))['detail'];
    expect(await detailOf('')).toBe('There is no header.');
    expect(await detailOf('domain,owner,from\na.com,north,2026-01-01\n"b.com,north')).toMatch(/^After 1 rows a quot/);
    expect(await detailOf(`domain,owner,from\n"${'x'.repeat(100_000)}`)).toMatch(/^After 0 rows a quotation mark/);
    expect(await detailOf('x'.repeat(20_000))).toBe('The header does not end.');
    expect(await detailOf(Buffer.from('Dom\xe4ne,owner\n', 'latin1'))).toMatch(/not valid UTF-8/);
  });

  it(
    'is read no further than a list may be long',
    async () => {
      const endless = Readable.from(
        (function* () {
          yield Buffer.from('domain,owner,from\n');
          for (;;) yield Buffer.from(`a.com,${' '.repeat(10_000)}north,2026-01-01\n`);
        })(),
      );
      expect(await refusalOf(endless)).toMatchObject({
        status: 413,
        detail: `A list may have ${MAX_LIST_BYTES} bytes.`,
      });
    },
    // Sixteen megabytes, on a machine that does other things as well.
    30_000,
  );
});

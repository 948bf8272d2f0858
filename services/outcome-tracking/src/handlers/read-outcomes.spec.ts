import { Readable } from 'node:stream';
import { MAX_OUTCOMES, MAX_OUTCOMES_BYTES, readOutcomes } from './read-outcomes.js';

const read = (text: string | Buffer, type: string) => {
  // In two pieces, as it may come in.
  const bytes = Buffer.from(text);
  return readOutcomes(Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]), type);
};
const table = (...lines: readonly string[]) => read(lines.join('\r\n'), 'text/csv; charset=utf-8');
const refusal = (outcomes: Promise<unknown[]>) =>
  outcomes.then(
    () => 'taken',
    (error: { details: { type: string } }) => error.details.type.split(':').at(-1),
  );

describe('outcomes that are sent together', () => {
  it('are read from a table, whatever separates its cells, and what is left empty is not said', async () => {
    const expected = [
      {
        lead: 'a',
        type: 'won',
        at: '2026-01-31T09:30:00Z',
        amount: { value: 12500.5, currency: 'EUR' },
        note: 'one, "two"',
      },
      {
        lead: 'b',
        type: 'mistaken',
        corrects: { type: 'won', at: '2026-01-31T09:30:00Z', amount: { value: 7, currency: 'EUR' } },
      },
    ];
    const rows = [
      [
        'lead',
        'type',
        'at',
        'amount',
        'currency',
        'note',
        'corrects',
        'correctsAt',
        'correctsAmount',
        'correctsCurrency',
      ],
      ['a', 'won', '2026-01-31T09:30:00Z', '12500.5', 'EUR', '"one, ""two"""', '', '', '', ''],
      ['b', 'mistaken', '', '', '', '', 'won', '2026-01-31T09:30:00Z', '7', 'EUR'],
    ];
    for (const delimiter of [',', ';', '\t'])
      expect(await table(...rows.map((row) => row.join(delimiter)))).toEqual(expected);
    expect(await table('\ufefflead,type', 'a,won', '')).toEqual([{ lead: 'a', type: 'won' }]);
  });

  it('keep as a text what is no number as JSON writes it: nothing is guessed at', async () => {
    const amounts = ['12.500,00', '1e3', '-5', '=1+1', '0x10', ' 5 '].map((amount) => `a,"${amount}"`);
    expect(
      (await table('lead,amount', ...amounts)).map((row) => (row as { amount: { value: unknown } }).amount.value),
    ).toEqual([...['12.500,00', '1e3', '-5', '=1+1', '0x10', 5]]);
  });

  it('of a row with cells too many are not taken as if they had fewer', async () => {
    expect(await table('lead,type', 'a,won,5')).toEqual([{ lead: 'a', type: 'won', extra: 'cells' }]);
  });

  it('are read from lines, of which one may be no JSON, and from a list', async () => {
    expect(await read('{"lead":"a"}\n\nlead\n[1]', 'application/x-ndjson')).toEqual([
      ...[{ lead: 'a' }, undefined, [1]],
    ]);
    expect(await readOutcomes(Buffer.from('[{"lead":"a"}]'), 'application/json')).toEqual([{ lead: 'a' }]);
  });

  it('are refused whole where they cannot be told apart, or are too many', async () => {
    const json = (text: string) => refusal(readOutcomes(Buffer.from(text), 'application/json'));
    expect(await Promise.all(['{}', '[', ''].map(json))).toEqual(['invalid-input', 'malformed-json', 'invalid-input']);
    expect(await refusal(readOutcomes(undefined, undefined))).toBe('invalid-input');
    expect(await refusal(table('lead,stage', 'a,won'))).toBe('invalid-input');
    expect(await refusal(table('lead,lead', 'a,a'))).toBe('invalid-input');
    expect(await refusal(table())).toBe('invalid-input');
    expect(await refusal(table('lead,note', 'a,"never closed'))).toBe('malformed-csv');
    expect(await refusal(table('lead,note', `a,${'x'.repeat(20_000)}`))).toBe('malformed-csv');
    expect(await refusal(readOutcomes(Buffer.from([0xff]), 'text/csv'))).toBe('invalid-input');
    const many = Array.from({ length: MAX_OUTCOMES + 1 }, () => 'a');
    expect(await refusal(table('lead', ...many))).toBe('too-many');
    expect(await refusal(readOutcomes(Buffer.from(many.join('\n')), 'application/x-ndjson'))).toBe('too-many');
    expect(await refusal(read('a'.repeat(MAX_OUTCOMES_BYTES + 1), 'text/csv'))).toBe('too-large');
    expect(await table('lead', ...many.slice(1))).toHaveLength(MAX_OUTCOMES);
  });
});

import { asOneStatement } from './put-off-writes.js';

describe('writes that were put off', () => {
  it('are nothing when there are none, and themselves when there is one', () => {
    const only = { sql: 'DELETE FROM a WHERE id = $1', parameters: [1] };
    expect(asOneStatement([])).toBeUndefined();
    expect(asOneStatement([only])).toBe(only);
    expect(asOneStatement([], only)).toBe(only);
  });

  it('are one statement, each with its own parameters', () => {
    expect(
      asOneStatement([
        { sql: 'INSERT INTO a VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET b = $2', parameters: ['x', 'y'] },
        { sql: 'DELETE FROM b', parameters: [] },
        { sql: 'UPDATE c SET d = $1 WHERE id = $2', parameters: [7, 8] },
      ]),
    ).toEqual({
      sql:
        'WITH write_1 AS (INSERT INTO a VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET b = $2), ' +
        'write_2 AS (DELETE FROM b), write_3 AS (UPDATE c SET d = $3 WHERE id = $4) SELECT',
      parameters: ['x', 'y', 7, 8],
    });
  });

  it('end with a query where one is given', () => {
    const last = { sql: `SELECT pg_notify($1, '')`, parameters: ['channel'] };
    expect(asOneStatement([{ sql: 'DELETE FROM a WHERE id = $1', parameters: [1] }], last)).toEqual({
      sql: `WITH write_1 AS (DELETE FROM a WHERE id = $1) SELECT pg_notify($2, '')`,
      parameters: [1, 'channel'],
    });
  });

  it('refuses more parameters than a statement may have', () => {
    const many = { sql: 'DELETE FROM a', parameters: new Array<number>(40_000).fill(0) };
    expect(() => asOneStatement([many, many])).toThrow(RangeError);
  });
});

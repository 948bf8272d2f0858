import { asFewStatements } from './put-off-writes.js';

describe('writes that were put off', () => {
  it('are nothing when there are none, and themselves when there is one', () => {
    const only = { sql: 'DELETE FROM a WHERE id = $1', parameters: [1] };
    expect(asFewStatements([])).toEqual([]);
    expect(asFewStatements([only])).toEqual([only]);
    expect(asFewStatements([], only)).toEqual([only]);
  });

  it('are one statement, each with its own parameters', () => {
    expect(
      asFewStatements([
        { sql: 'INSERT INTO a VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET b = $2', parameters: ['x', 'y'] },
        { sql: 'DELETE FROM b', parameters: [] },
        { sql: 'UPDATE c SET d = $1 WHERE id = $2', parameters: [7, 8] },
      ]),
    ).toEqual([
      {
        sql:
          'WITH write_1 AS (INSERT INTO a VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET b = $2), ' +
          'write_2 AS (DELETE FROM b), write_3 AS (UPDATE c SET d = $3 WHERE id = $4) SELECT',
        parameters: ['x', 'y', 7, 8],
      },
    ]);
  });

  it('end with a query where one is given', () => {
    const last = { sql: `SELECT pg_notify($1, '')`, parameters: ['channel'] };
    expect(asFewStatements([{ sql: 'DELETE FROM a WHERE id = $1', parameters: [1] }], last)).toEqual([
      { sql: `WITH write_1 AS (DELETE FROM a WHERE id = $1) SELECT pg_notify($2, '')`, parameters: [1, 'channel'] },
    ]);
  });

  it('to a table that was written before are another statement', () => {
    const last = { sql: 'SELECT $1', parameters: [0] };
    expect(
      asFewStatements(
        [
          { sql: 'UPDATE a SET b = $1', parameters: [1] },
          { sql: 'UPDATE b SET c = $1', parameters: [2] },
          { sql: 'DELETE FROM a WHERE b = $1', parameters: [3] },
        ],
        last,
      ),
    ).toEqual([
      {
        sql: 'WITH write_1 AS (UPDATE a SET b = $1), write_2 AS (UPDATE b SET c = $2) SELECT',
        parameters: [1, 2],
      },
      { sql: 'WITH write_1 AS (DELETE FROM a WHERE b = $1) SELECT $2', parameters: [3, 0] },
    ]);
  });

  it.each(['WITH a AS (DELETE FROM a) DELETE FROM b', 'MERGE INTO a USING b ON true', 'SELECT 1'])(
    'refuses what cannot be part of another statement: %s',
    (sql) => {
      expect(() => asFewStatements([{ sql, parameters: [] }])).toThrow(RangeError);
    },
  );

  it('refuses more parameters than a statement may have', () => {
    const many = (table: string) => ({ sql: `DELETE FROM ${table}`, parameters: new Array<number>(40_000).fill(0) });
    expect(() => asFewStatements([many('a'), many('b')])).toThrow(RangeError);
  });
});

import { statement } from './statement.js';

describe('a statement as the driver takes it', () => {
  const nameOf = (sql: string) => statement(sql, [[1]]).name;

  it('is kept on its connection when lists are all that it reads, whatever else it writes', () => {
    const insert = 'INSERT INTO people (id) SELECT id FROM unnest($1::int[]) AS p (id) ORDER BY id';
    const names = [
      nameOf(insert),
      nameOf(`${insert} ON CONFLICT (id) DO UPDATE SET id = excluded.id RETURNING id`),
      nameOf(`WITH write_1 AS (${insert}), write_2 AS (INSERT INTO pets SELECT unnest($1::int[])) SELECT`),
      nameOf(`WITH made AS (${insert} RETURNING 1) SELECT count(*) FROM made`),
      nameOf('INSERT INTO people SELECT id FROM unnest($1::int[]) AS p (id) WHERE id > (SELECT least FROM of_one_row)'),
    ];
    expect(new Set(names).size).toBe(5);
    for (const name of names) expect(name).toMatch(/^kept_\d+$/);
    expect(nameOf(insert)).toBe(names[0]);
  });

  it.each([
    'SELECT id FROM people WHERE id = ANY($1::int[])',
    'INSERT INTO people SELECT id FROM unnest($1::int[]) AS p (id) JOIN pets USING (id)',
    'INSERT INTO people SELECT id FROM pets WHERE id = ANY($1::int[])',
    'INSERT INTO people SELECT id FROM unnest($1::int[]) AS p (id) WHERE id > (SELECT max(id) FROM pets)',
    'WITH write_1 AS (INSERT INTO people SELECT unnest($1::int[])), write_2 AS (UPDATE pets SET id = 1) SELECT',
    'WITH write_1 AS (INSERT INTO people SELECT unnest($1::int[])), write_2 AS (DELETE FROM pets) SELECT',
    'UPDATE people SET id = 1 WHERE id = ANY($1::int[])',
  ])('is planned anew each time when the plan depends on how large a table is: %s', (sql) => {
    expect(nameOf(sql)).toBeUndefined();
  });

  it('leaves a list to the driver where its type is not sure, or an element is not what the type is given as', () => {
    const binary = (sql: string, list: unknown[]) => Buffer.isBuffer(statement(sql, [list]).values?.[0]);
    expect(binary('SELECT $1::int[]', [1, null])).toBe(true);
    expect(binary('SELECT $1::int[], $1', [1])).toBe(false);
    expect(binary('SELECT $1::int[], $1::bigint[]', [1])).toBe(false);
    expect(binary('SELECT $1::numeric[]', [1])).toBe(false);
    for (const [type, element] of [
      ...[['int', 1.5] as const, ['int', 2 ** 31] as const, ['int', '1'] as const, ['bigint', '9'.repeat(19)] as const],
      ...[['uuid', 'no uuid'] as const, ['text', 1] as const, ['jsonb', {}] as const, ['bytea', 'text'] as const],
      ...[
        ['boolean', 'true'] as const,
        ['float8', '1'] as const,
        ['text', undefined] as const,
        ['text', ['a']] as const,
      ],
    ]) {
      expect({ type, element, binary: binary(`SELECT $1::${type}[]`, [element]) }).toMatchObject({ binary: false });
    }
  });
});

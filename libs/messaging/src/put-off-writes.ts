/** A statement that changes rows, and its parameters: `$1` and so on, never inside quotes. */
export interface Write {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** PostgreSQL counts parameters in two bytes. A write has a few arrays, however many rows it writes. */
const MAX_PARAMETERS = 65_535;

/**
 * The table that a write changes.
 * @throws RangeError when it could not be part of another statement: PostgreSQL takes WITH … INSERT only at the top, and MERGE
 *   there only since version 17
 */
export function tableOf(sql: string): string {
  const [, table] = /^\s*(?:INSERT INTO|UPDATE|DELETE FROM) (\w+)/.exec(sql) ?? [];
  if (table !== undefined) return table;
  throw new RangeError(`what is put off begins with INSERT INTO, UPDATE or DELETE FROM, and not ${sql.slice(0, 40)}`);
}

/**
 * Makes one statement of several, because what a statement costs is mostly the way there and back. All of them see the
 * rows as they were before any of them, and in no particular order; PostgreSQL does each exactly once.
 *
 * Of two that change the same row PostgreSQL would do one, and not say so. So a table that is written twice begins another
 * statement, which sees what the one before wrote.
 * @param last  a query to end with; without one, a single write stays as it is
 */
export function asFewStatements(writes: readonly Write[], last?: Write): Write[] {
  const groups: Write[][] = [];
  let tables = new Set<string>();
  for (const write of writes) {
    const table = tableOf(write.sql);
    if (groups.length === 0 || tables.has(table)) {
      groups.push([]);
      tables = new Set();
    }
    groups.at(-1)?.push(write);
    tables.add(table);
  }
  if (last && groups.length === 0) return [last];
  return groups.map((group, index) => asOneStatement(group, index === groups.length - 1 ? last : undefined));
}

function asOneStatement(writes: readonly Write[], last: Write | undefined): Write {
  const [only] = writes;
  if (only && writes.length === 1 && !last) return only;
  const parameters = [...writes, last ?? NOTHING].flatMap((write) => write.parameters);
  if (parameters.length > MAX_PARAMETERS) throw new RangeError(`${parameters.length} parameters in one statement`);
  let before = 0;
  const renumbered = ({ sql, parameters: own }: Write) => {
    const offset = before;
    before += own.length;
    return sql.replace(/\$(\d+)/g, (_, number: string) => `$${Number(number) + offset}`);
  };
  const parts = writes.map((write, index) => `write_${index + 1} AS (${renumbered(write)})`);
  return { sql: `WITH ${parts.join(', ')} ${renumbered(last ?? NOTHING)}`, parameters };
}

const NOTHING: Write = { sql: 'SELECT', parameters: [] };

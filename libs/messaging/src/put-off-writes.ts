/** A statement that changes rows, and its parameters: `$1` and so on, never inside quotes. */
export interface Write {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** PostgreSQL counts parameters in two bytes. A write has a few arrays, however many rows it writes. */
const MAX_PARAMETERS = 65_535;

/**
 * Makes one statement of several, because what a statement costs is mostly the way there and back. All of them see the
 * rows as they were before any of them, and in no particular order; PostgreSQL does each exactly once.
 * @param last  a query to end with; without one, a single write stays as it is
 * @returns undefined when there is nothing to do
 */
export function asOneStatement(writes: readonly Write[], last?: Write): Write | undefined {
  if (writes.length === 0) return last;
  if (writes.length === 1 && !last) return writes[0];
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

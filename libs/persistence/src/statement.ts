import { binaryArray, type ElementType } from './binary-array.js';

/** A statement as the driver takes it. */
export interface Statement {
  readonly text: string;
  readonly name?: string;
  readonly values?: unknown[];
}

interface Known {
  /** Under which every connection keeps it parsed and planned. */
  readonly name: string | undefined;
  /** Of each parameter that the statement itself calls a list: of what. */
  readonly lists: readonly (ElementType | undefined)[];
}

const elementTypes: Readonly<Record<string, ElementType>> = {
  ...{ boolean: 'bool', bool: 'bool', bytea: 'bytea', text: 'text', uuid: 'uuid', json: 'json', jsonb: 'jsonb' },
  ...{ int: 'int4', integer: 'int4', int4: 'int4', bigint: 'int8', int8: 'int8', float8: 'float8' },
};

/** Statements stand in the code and are counted in hundreds; the limit is there for texts that somebody puts together. */
const MAX_KNOWN = 1_000;
/** What is kept of one on a connection is some ten kilobytes of PostgreSQL's memory. */
const MAX_NAMED = 200;
/**
 * What a statement begins with that reads tables and is to be kept all the same: one plan is right for it however much is in them, or it is
 * run where no other can be chosen.
 */
const KEPT = '/* kept */';
const known = new Map<string, Known>();
let named = 0;

/**
 * Lists go in binary, by the type that the statement itself gives them (`$1::uuid[]`); and what reads no table is parsed and planned
 * once on a connection instead of every time, which took PostgreSQL as long as to write thirty rows.
 */
export function statement(sql: string, parameters: readonly unknown[] | undefined): Statement {
  if (parameters === undefined || parameters.length === 0) return { text: sql };
  const { name, lists } = look(sql);
  const values = parameters.map((value, index) => {
    const type = Array.isArray(value) ? lists[index] : undefined;
    return (type && binaryArray(type, value as readonly unknown[])) ?? value;
  });
  return { text: sql, values, ...(name !== undefined && { name }) };
}

function look(sql: string): Known {
  const before = known.get(sql);
  if (before) return before;
  const isKept = named < MAX_NAMED && (sql.startsWith(KEPT) || readsNoTable(sql));
  const found = { name: isKept ? `kept_${(named += 1)}` : undefined, lists: listsIn(sql) };
  if (known.size < MAX_KNOWN) known.set(sql, found);
  return found;
}

/** Undefined for one that somewhere stands without its type, or with another: PostgreSQL goes by what it sees first. */
function listsIn(sql: string): (ElementType | undefined)[] {
  const types: (string | undefined)[] = [];
  const unsure = new Set<number>();
  for (const [, number, type] of sql.matchAll(/\$(\d+)(?:::([a-z0-9]+)\[\])?/g)) {
    const index = Number(number) - 1;
    if (index in types && types[index] !== type) unsure.add(index);
    types[index] = type;
  }
  return types.map((type, index) => (type === undefined || unsure.has(index) ? undefined : elementTypes[type]));
}

/** What makes rows of a parameter. */
const FUNCTIONS = ['unnest', 'jsonb_to_recordset'];

/**
 * Only then. What is kept of a statement may be a plan for whatever parameters come, made when its tables were as large as they were
 * then: an index that is not worth while on an empty table would go unused for minutes while that fills. Where lists are all that is
 * read there is nothing to choose; nor where it is what the statement itself has just made, or the one row of a table of one row.
 */
function readsNoTable(sql: string): boolean {
  const made = [...sql.matchAll(/(?:\bWITH|,)\s+(\w+) AS \(/g)].map(([, name]) => name);
  const others = sql.replace(/\(SELECT \w+ FROM \w+\)/g, '');
  const reads = [...others.matchAll(/\b(?:FROM|JOIN|USING)\s+(\w+)/gi)].map(([, name]) => name);
  return (
    /^\s*(?:WITH \w+ AS \(\s*)?INSERT INTO\b/.test(sql) &&
    reads.every((name) => FUNCTIONS.includes(name ?? '') || made.includes(name)) &&
    !/\b(?:UPDATE|DELETE|MERGE)\b(?!\s+SET\b)/i.test(sql)
  );
}

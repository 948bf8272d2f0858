import { MAX_FREE_VALUES, type Mapping, normaliseLead, shownName } from '@fairlead/decisions';
import { parse } from 'csv-parse/sync';
import { CommandFailed } from '../api/command-failed.js';
import { openFile } from '../import/rows.js';
import { type Example, type Examples, type NotUnderstood, wonBy } from './examples.js';

/** 2,000,000 rows are more history than a model gains from, and are all held in memory. */
const MAX_ROWS = 2_000_000;
/** More than a person corrects in one go. */
const SHOWN_ROWS = 10;
/** A field is told wrong once at a time, and taken out; a lead has some fifteen that can be. */
const MOST_FAULTS = 20;

export interface FileOptions {
  readonly mapping: Mapping;
  /** Columns that are not to be looked at. */
  readonly exclude: readonly string[];
  /** Whether the outcome may be missing from the table: leads that are only to be judged. */
  readonly withoutOutcome: boolean;
  readonly onProgress: (done: number, of: number) => void;
}

/**
 * Reads a table of leads and what became of them. Leads are understood as the intake understands them, so that a model learns
 * from what it will see; a value that the intake would refuse counts as not known here, as one that was left out would.
 */
export async function readFile(path: string, options: FileOptions): Promise<Examples> {
  const { mapping, exclude, withoutOutcome, onProgress } = options;
  const header = await headerOf(path);
  checkExcluded(exclude, [...header, ...Object.keys(mapping.columns)]);
  const outcomes = Object.entries(mapping.columns).filter(([, field]) => field === 'outcome');
  const noOutcome = withoutOutcome && !outcomes.some(([column]) => header.includes(column));
  const columns = Object.entries(mapping.columns).filter(
    ([column, field]) => !exclude.includes(column) && !(noOutcome && field === 'outcome'),
  );
  const fields = new Set([...columns.map(([, field]) => field), ...Object.keys(mapping.constants ?? {})]);
  checkFields(fields, withoutOutcome);
  const used: Mapping = { ...mapping, columns: Object.fromEntries(columns) };

  const file = await openFile(path, used, ({ lead, history }) => ({ ...lead, outcome: history['outcome'] }));
  const hasIds = fields.has('externalId');
  const outcomeColumn = shownName(outcomes[0]?.[0] ?? 'outcome');
  const examples: Example[] = [];
  const faults = new Map<string, NotUnderstood>();
  const unclear: { row: number; line: number; detail: string }[] = [];
  for await (const row of file.rows) {
    if (row.number > MAX_ROWS) throw new CommandFailed(`${path} has more than ${MAX_ROWS} rows.`);
    if (row.number % 1_000 === 0) onProgress(file.readBytes(), file.sizeBytes);
    if ('errors' in row) {
      unclear.push({ row: row.number, line: row.line, detail: row.errors.map(({ detail }) => detail).join('; ') });
      continue;
    }
    const { outcome, ...raw } = JSON.parse(row.text) as Record<string, unknown> & { outcome?: string };
    const won = wonBy(outcome);
    if (won === null) {
      unclear.push({
        row: row.number,
        line: row.line,
        detail: `${outcomeColumn} holds no word that is known to mean won or not`,
      });
      continue;
    }
    const id = hasIds && typeof raw['externalId'] === 'string' ? raw['externalId'] : String(row.number);
    examples.push({ id, lead: understood(raw, row.number, faults), won });
  }
  if (unclear.length > 0) throw unusable(path, unclear);
  if (examples.length === 0) throw new CommandFailed(`${path} has no rows.`);
  const names = new Map(columns.map(([column, field]) => [field, column]));
  const leftOut = header.filter(
    (column) => column !== '' && !Object.hasOwn(mapping.columns, column) && !exclude.includes(column),
  );
  return { examples, names, leftOut, notUnderstood: [...faults.values()], hasIds };
}

async function headerOf(path: string): Promise<string[]> {
  const { header, rows } = await openFile(path, undefined);
  const first = await rows[Symbol.asyncIterator]().next();
  if (header !== undefined) return parse(header)[0] ?? [];
  const row = first.done === true ? undefined : first.value;
  return row && 'text' in row ? Object.keys(JSON.parse(row.text) as object) : [];
}

function checkExcluded(exclude: readonly string[], columns: readonly string[]): void {
  const unknown = exclude.filter((column) => !columns.includes(column));
  if (unknown.length === 0) return;
  const named = unknown.map((column) => `“${column}”`).join(', ');
  throw new CommandFailed(`--exclude names ${named}, and there is no such column.`, { unknown });
}

function checkFields(fields: ReadonlySet<string>, withoutOutcome: boolean): void {
  if (!fields.has('outcome') && !withoutOutcome) {
    throw new CommandFailed('The mapping fills no “outcome”: what became of the leads is what a model learns from.');
  }
  for (const group of ['engagement', 'attributes']) {
    const count = [...fields].filter((field) => field.startsWith(`${group}.`)).length;
    if (count > MAX_FREE_VALUES) {
      throw new CommandFailed(`The mapping fills ${count} of ${group}.*, and a lead has ${MAX_FREE_VALUES} at most.`);
    }
  }
}

/** Whatever of a lead can be understood. */
function understood(raw: Record<string, unknown>, row: number, faults: Map<string, NotUnderstood>): Example['lead'] {
  // Ids are the file's own business, and every lead has one here.
  let input: Record<string, unknown> = { ...raw, externalId: `row-${row}`, source: undefined };
  for (let fault = 0; fault < MOST_FAULTS; fault++) {
    const read = normaliseLead(input, { sourceId: 'history', now: LAST_MOMENT });
    if (read.ok) return { facts: read.lead.facts, reachable: read.lead.reachable };
    for (const { field, detail } of read.errors) {
      const known = faults.get(field) ?? { field, rows: 0, firstRow: row, detail };
      faults.set(field, { ...known, rows: known.rows + 1 });
      input = without(input, field);
    }
  }
  return { facts: { engagement: {}, attributes: {} }, reachable: { email: false, phone: false } };
}

/** Nothing in a history is in the future of whoever reads it; a clock would make two readings differ. */
const LAST_MOMENT = Date.UTC(9999, 0);

function without(input: Record<string, unknown>, field: string): Record<string, unknown> {
  const [group = '', ...rest] = field.split('.');
  const inside = input[group];
  const name = rest.join('.');
  if (name !== '' && typeof inside === 'object' && inside !== null && Object.hasOwn(inside, name)) {
    return { ...input, [group]: without(inside as Record<string, unknown>, name) };
  }
  const left = { ...input };
  delete left[Object.hasOwn(input, field) ? field : group];
  return left;
}

function unusable(path: string, rows: readonly { row: number; line: number; detail: string }[]): CommandFailed {
  const told = rows.slice(0, SHOWN_ROWS).map(({ row, line, detail }) => `\n  row ${row} (line ${line}): ${detail}`);
  const more = rows.length > SHOWN_ROWS ? `\n  … and ${rows.length - SHOWN_ROWS} more` : '';
  const hint = '\nThe mapping’s values say what their words mean: values: { outcome: { "their word": won } }.';
  return new CommandFailed(`${path} has rows that cannot be used.${told.join('')}${more}${hint}`, {
    rows: rows.slice(0, SHOWN_ROWS),
    count: rows.length,
  });
}

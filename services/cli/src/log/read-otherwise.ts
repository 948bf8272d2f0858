import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import {
  MAX_PARTNERS,
  modelOf,
  type Otherwise,
  policyOf,
  problemsOfRow,
  readModel,
  type Reading,
  readPolicyDraft,
  readRosterChanges,
  rosterChanges,
  type RosterRow,
} from '@fairlead/decisions';
import { parse } from 'csv-parse/sync';
import { CommandFailed } from '../api/command-failed.js';

/** What is to be put in the place of what was in force: files. */
export interface OtherFiles {
  readonly policy?: string;
  readonly model?: string;
  readonly partners?: string;
}

/** A document has 131,072 characters at most, each of up to four bytes. */
const MAX_DOCUMENT_BYTES = 524_288;
/** 200,000 partners of some hundred bytes. */
const MAX_ROSTER_BYTES = 64 * 1024 * 1024;
/** More than a person corrects in one go. */
const MAX_PROBLEMS = 100;
/** What a version in use would have as its number: it has none. */
const NO_VERSION = 1;

/** Something wrong in a file: on a line, with a key. */
interface Problem {
  readonly path: string;
  readonly line?: number;
  readonly detail: string;
}

/** @throws CommandFailed with everything that is wrong in one of the files, by line and key */
export function readOtherwise({ policy, model, partners }: OtherFiles): Otherwise {
  if (policy === undefined && model === undefined && partners === undefined)
    throw new CommandFailed('What should be otherwise? Give --policy FILE, --model FILE, --partners FILE, or several.');
  return {
    ...(policy !== undefined && { policy: policyOf(readDocument(policy, 'policy', readPolicyDraft), NO_VERSION) }),
    ...(model !== undefined && { model: modelOf(readDocument(model, 'model', readModel), NO_VERSION) }),
    ...(partners !== undefined && { partners: rosterChanges(readRoster(partners)) }),
  };
}

/** @throws CommandFailed with everything that is wrong in the file, by line and key */
export function readDocument<T>(file: string, kind: string, read: (source: unknown) => Reading<T>): T {
  const reading = read(textOf(file, kind, MAX_DOCUMENT_BYTES));
  if (!reading.ok) throw isNone(file, kind, reading.problems);
  return reading.document;
}

/** A line each as NDJSON or CSV, by the file's name; else a list as YAML or JSON. */
function readRoster(file: string): readonly RosterRow[] {
  const extension = extname(file).toLowerCase();
  if (extension === '.csv') return readRows(file, csvRows(file, textOf(file, 'roster', MAX_ROSTER_BYTES)));
  if (['.ndjson', '.jsonl'].includes(extension))
    return readRows(file, ndjsonRows(file, textOf(file, 'roster', MAX_ROSTER_BYTES)));
  const document = readDocument(file, 'roster', readRosterChanges);
  return 'partners' in document ? document.partners : document;
}

interface Row {
  readonly line: number;
  readonly value: unknown;
}

function readRows(file: string, rows: Iterable<Row>): readonly RosterRow[] {
  const problems: Problem[] = [];
  const seen = new Set<string>();
  const read: RosterRow[] = [];
  for (const { line, value } of rows) {
    for (const { path, detail } of problemsOfRow(value, seen)) problems.push({ path: path.join('.'), line, detail });
    read.push(value as RosterRow);
    if (problems.length >= MAX_PROBLEMS) break;
    if (read.length > MAX_PARTNERS)
      throw isNone(file, 'roster', [{ path: '', line, detail: `has more than ${MAX_PARTNERS} partners` }]);
  }
  if (problems.length > 0) throw isNone(file, 'roster', problems.slice(0, MAX_PROBLEMS));
  if (read.length === 0) throw isNone(file, 'roster', [{ path: '', detail: 'has no partners' }]);
  return read;
}

function* ndjsonRows(file: string, text: string): Generator<Row> {
  let line = 0;
  for (const written of text.split('\n')) {
    line += 1;
    if (written.trim() === '') continue;
    let value: unknown;
    try {
      value = JSON.parse(written);
    } catch {
      throw isNone(file, 'roster', [{ path: '', line, detail: 'is not JSON: each line is a partner' }]);
    }
    yield { line, value };
  }
}

const COLUMNS = ['id', 'name', 'tier', 'weight', 'status', 'territories', 'products', 'certifications'] as const;
const OTHER_COLUMNS = ['perDay', 'open', 'removed'] as const;
const LISTS: ReadonlySet<string> = new Set(['territories', 'products', 'certifications']);

/** Lists have their items between semicolons. An empty cell says nothing. */
function* csvRows(file: string, text: string): Generator<Row> {
  let rows: readonly { readonly record: string[]; readonly info: { readonly lines: number } }[];
  try {
    const options = {
      bom: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
      max_record_size: MAX_CSV_ROW,
    } as const;
    // What `info` adds is not in the package's types.
    rows = parse(text, options) as unknown as typeof rows;
  } catch (error) {
    const { lines, message } = error as { lines?: number; message: string };
    const detail = `is not CSV: ${message.split('\n', 1)[0]?.slice(0, 200)}`;
    throw isNone(file, 'roster', [{ path: '', ...(lines !== undefined && { line: lines }), detail }]);
  }
  const [heading, ...records] = rows;
  const columns = heading?.record ?? [];
  const known: readonly string[] = [...COLUMNS, ...OTHER_COLUMNS];
  const unknown = columns.find((column) => !known.includes(column));
  if (unknown !== undefined || !columns.includes('id')) {
    const what = unknown === undefined ? 'there is no column id' : `unknown column: ${shown(unknown)}`;
    throw isNone(file, 'roster', [{ path: '', line: 1, detail: `${what}; columns are ${known.join(', ')}` }]);
  }
  for (const { record, info } of records) yield { line: info.lines, value: partnerIn(columns, record) };
}

/** As a document of 48 KiB, and quotes. */
const MAX_CSV_ROW = 131_072;

function partnerIn(columns: readonly string[], cells: readonly string[]): Record<string, unknown> {
  const partner: Record<string, unknown> = {};
  const caps: Record<string, unknown> = {};
  columns.forEach((column, index) => {
    const cell = cells[index] ?? '';
    if (cell === '') return;
    if (column === 'perDay' || column === 'open') caps[column] = numberIn(cell);
    else if (column === 'weight') partner[column] = numberIn(cell);
    else if (column === 'removed') partner[column] = cell.toLowerCase() === 'true' ? true : cell;
    else if (LISTS.has(column)) partner[column] = cell.split(';').map((item) => item.trim());
    else partner[column] = cell;
  });
  return { ...partner, ...(Object.keys(caps).length > 0 && { caps }) };
}

/** What is no number stays what it is, and is told as such. */
function numberIn(cell: string): number | string {
  return /^\d{1,15}$/.test(cell) ? Number(cell) : cell;
}

function isNone(file: string, kind: string, problems: readonly Problem[]): CommandFailed {
  const lines = problems.map(({ path, line, detail }) => {
    const where = [line === undefined ? '' : `line ${line}:`, path].filter((part) => part !== '').join(' ');
    return `\n  ${where === '' ? '' : `${where} `}${detail}`;
  });
  return new CommandFailed(`${file} is no ${kind}:${lines.join('')}`, { file, problems });
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function textOf(file: string, kind: string, maxBytes: number): string {
  let handle: number | undefined;
  try {
    // A pipe would otherwise keep us waiting for somebody who writes.
    handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
    const stat = fstatSync(handle);
    if (!stat.isFile()) throw new CommandFailed(`${file} is no file.`, { file });
    if (stat.size > maxBytes)
      throw new CommandFailed(
        `${file} has ${stat.size} bytes, and a ${kind} has ${maxBytes} at most${kind === 'roster' && maxBytes < MAX_ROSTER_BYTES ? ' as YAML or JSON: write a longer one as .ndjson or .csv, a partner a line' : ''}.`,
        { file },
      );
    return utf8.decode(readFileSync(handle));
  } catch (error) {
    if (error instanceof CommandFailed) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA')
      throw isNone(file, kind, [{ path: '', detail: 'it is not text in UTF-8' }]);
    throw new CommandFailed(`${file} cannot be read (${code}).`, { file });
  } finally {
    if (handle !== undefined) closeSync(handle);
  }
}

function shown(word: string): string {
  return word.replace(/\p{C}/gu, '·').slice(0, 64);
}

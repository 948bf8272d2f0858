import { type Static, Type } from '@sinclair/typebox';
import { type DocumentProblem, documentReader } from '../document/read-document.js';
import { closed } from '../document/shapes.js';
import { readDomain } from '../normalise/domain-name.js';
import { readMoment } from '../normalise/moment.js';
import { companyKey } from './legal-forms.js';
import { byAccount, type NamedAccount, type NamedAccountDocument } from './named-account-list.js';

/**
 * 100,000: twice the longest list that a vendor keeps by account and not by rule. A version of that length is some 12 MB
 * in the log, and a router holds all pools for about a second while it takes it in; a list that needed more would be a
 * territory under another name.
 */
export const MAX_NAMED_ACCOUNTS = 100_000;
/** More problems than a person corrects in one go; the others are counted. */
const MAX_PROBLEMS = 100;
/** An entry has five fields, a list two. Of an object with thousands of others nobody is told each. */
const MAX_FIELDS = 20;

const Owner = Type.String({ minLength: 1, maxLength: 128 });
const Day = Type.String({ minLength: 10, maxLength: 40 });

const EntryDocument = closed({
  domain: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
  company: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
  owner: Owner,
  from: Day,
  until: Type.Optional(Day),
});
type EntryDocument = Static<typeof EntryDocument>;

export const ListDocument = closed({
  owner: Owner,
  entries: Type.Array(EntryDocument, { maxItems: MAX_NAMED_ACCOUNTS }),
});
export type ListDocument = Static<typeof ListDocument>;

export type ListReading =
  | { readonly ok: true; readonly document: NamedAccountDocument }
  | {
      readonly ok: false;
      /** The first 100. Paths are those of `{ owner, entries }`: `entries[16].domain` is of the 17th row. */
      readonly problems: readonly DocumentProblem[];
      /** How many there are. */
      readonly count: number;
    };

/**
 * Reads a list of accounts that are reserved for direct: `{ owner, entries: [{ domain | company, owner, from, until? }] }`,
 * as a value or as text; text may have the length of other documents, and its problems have lines.
 * A day stands for the whole day in UTC: `until: 2026-12-31` ends with that day's last millisecond.
 */
export function readNamedAccounts(source: unknown): ListReading {
  if (typeof source === 'string') {
    const reading = readText(source);
    if (!reading.ok) return { ...reading, count: reading.problems.length };
    const { owner, entries } = reading.document;
    return {
      ok: true,
      document: documentOf(
        owner,
        entries.flatMap((entry) => accountOf(entry, nothingMore) ?? []),
      ),
    };
  }
  if (!isObject(source)) return { ok: false, problems: [{ path: '', detail: 'must be object' }], count: 1 };
  const { entries, ...head } = source;
  const reader = new NamedAccountsReader(head);
  if (!Array.isArray(entries)) reader.report('entries', entries === undefined ? 'is missing' : 'must be array');
  else for (const entry of entries.slice(0, MAX_NAMED_ACCOUNTS + 1)) reader.add(entry);
  return reader.end();
}

/** Reads a list row by row, as a file of many rows has to be read; nothing of it counts before all of it is right. */
export class NamedAccountsReader {
  private readonly entries: NamedAccount[] = [];
  private readonly problems: DocumentProblem[] = [];
  private problemCount = 0;
  private rowCount = 0;
  private readonly owner: string;

  /** @param head  the list without its entries: `{ owner }` */
  constructor(head: Readonly<Record<string, unknown>>) {
    const reading = readHead(Object.fromEntries(Object.entries(head).slice(0, MAX_FIELDS)));
    this.owner = reading.ok ? reading.document.owner : '';
    if (!reading.ok) for (const { path, detail } of reading.problems) this.report(path, detail);
  }

  /** Rows so far, right or wrong. */
  get rows(): number {
    return this.rowCount;
  }

  /** @param line  from 1, where the row ends in a file */
  add(entry: unknown, line?: number): void {
    const at = `entries[${this.rowCount}]`;
    this.rowCount += 1;
    if (isObject(entry) && Object.keys(entry).length > MAX_FIELDS) {
      return this.report(at, `has more than ${MAX_FIELDS} fields`, line);
    }
    const reading = readEntry(entry);
    if (reading.ok) {
      const account = accountOf(reading.document, (path, detail) => this.report([at, ...path].join('.'), detail, line));
      if (account) this.entries.push(account);
    } else
      for (const { path, detail } of reading.problems) {
        const missing = path === '' ? /^missing: (\w+)$/.exec(detail)?.[1] : undefined;
        const field = missing ?? path;
        this.report(field === '' ? at : `${at}.${field}`, missing === undefined ? detail : 'is missing', line);
      }
  }

  /** A row that could not even be read. */
  addWrong(detail: string, line?: number): void {
    this.report(`entries[${this.rowCount}]`, detail, line);
    this.rowCount += 1;
  }

  /** Something is wrong that is not in what was added. */
  report(path: string, detail: string, line?: number): void {
    this.problemCount += 1;
    if (this.problems.length < MAX_PROBLEMS) this.problems.push({ path, ...(line !== undefined && { line }), detail });
  }

  end(): ListReading {
    if (this.rowCount > MAX_NAMED_ACCOUNTS) this.report('entries', `has more than ${MAX_NAMED_ACCOUNTS} entries`);
    if (this.problemCount > 0) return { ok: false, problems: this.problems, count: this.problemCount };
    return { ok: true, document: documentOf(this.owner, this.entries) };
  }
}

type Report = (path: readonly string[], detail: string) => void;

const readText = documentReader<ListDocument>(ListDocument, ({ owner, entries }, report) => {
  if (owner.trim() === '') report(['owner'], BLANK);
  entries.forEach((entry, index) => {
    accountOf(entry, (path, detail) => report(['entries', index, ...path], detail));
  });
});
const readHead = documentReader<{ owner: string }>(closed({ owner: Owner }), ({ owner }, report) => {
  if (owner.trim() === '') report(['owner'], BLANK);
});
const readEntry = documentReader<EntryDocument>(EntryDocument);

/** @returns undefined when something about it was reported */
function accountOf(entry: EntryDocument, report: Report): NamedAccount | undefined {
  let right = true;
  const wrong: Report = (path, detail) => {
    right = false;
    report(path, detail);
  };
  const { company, owner } = entry;
  if ((entry.domain === undefined) === (company === undefined)) wrong([], 'needs a domain or a company, not both');
  const domain = entry.domain === undefined ? undefined : readDomain(entry.domain);
  if (entry.domain !== undefined && domain === undefined) wrong(['domain'], 'is no domain');
  if (company !== undefined && companyKey(company) === '') wrong(['company'], 'is no name');
  if (owner.trim() === '') wrong(['owner'], BLANK);
  const [from, until] = [readMoment(entry.from), readEnd(entry.until)];
  if (from === undefined) wrong(['from'], NO_DATE);
  if (entry.until !== undefined && until === undefined) wrong(['until'], NO_DATE);
  if (from !== undefined && until !== undefined && until <= from) wrong(['until'], 'is before it begins');
  if (!right || from === undefined) return undefined;
  return {
    ...(domain !== undefined && { domain }),
    ...(company !== undefined && { company }),
    ...{ owner, from },
    ...(until !== undefined && { until }),
  };
}

/** All of it was reported before. */
const nothingMore: Report = () => undefined;
const BLANK = 'is blank';
const NO_DATE = 'must be a date such as 2026-01-31, or a time as RFC 3339 writes it';
const DAY_MS = 86_400_000;

/** @param until  a time, or a day, which is meant whole and in UTC */
export function readEnd(until: string | undefined): number | undefined {
  const moment = until === undefined ? undefined : readMoment(until);
  return moment !== undefined && until !== undefined && until.trim().length === 10 ? moment + DAY_MS : moment;
}

function documentOf(owner: string, entries: readonly NamedAccount[]): NamedAccountDocument {
  return { owner, entries: entries.toSorted(byAccount) };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

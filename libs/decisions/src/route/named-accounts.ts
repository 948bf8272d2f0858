import type { Facts } from '@fairlead/events';
import { type Static, Type } from '@sinclair/typebox';
import { contentHash } from '../document/content-hash.js';
import { documentReader, type Reading } from '../document/read-document.js';
import { closed } from '../document/shapes.js';
import { readDomain } from '../normalise/domain-name.js';
import { readMoment } from '../normalise/moment.js';
import { foldName } from '../normalise/text.js';

const Day = Type.String({ minLength: 10, maxLength: 40 });

const ListDocument = closed({
  owner: Type.String({ minLength: 1, maxLength: 128 }),
  // 5,000, though the size of the document ends sooner: a longer list stretches what "named" means.
  entries: Type.Array(
    closed({
      domain: Type.Optional(Type.String({ minLength: 1, maxLength: 253 })),
      company: Type.Optional(Type.String({ minLength: 1, maxLength: 255 })),
      owner: Type.String({ minLength: 1, maxLength: 128 }),
      from: Day,
      until: Type.Optional(Day),
    }),
    { maxItems: 5_000 },
  ),
});
type ListDocument = Static<typeof ListDocument>;

/** One account: a company's domain or its name, who answers for it, and when it is reserved. */
export interface NamedAccount {
  readonly domain?: string;
  readonly company?: string;
  readonly owner: string;
  /** Milliseconds since the epoch: reserved from here … */
  readonly from: number;
  /** … and no longer from here on. */
  readonly until?: number;
}

/** A list as it is kept and hashed: times in milliseconds, domains as they are registered. */
export interface NamedAccountDocument {
  readonly owner: string;
  readonly entries: readonly NamedAccount[];
}

/**
 * Reads a list of accounts that are reserved for direct: `{ owner, entries: [{ domain | company, owner, from, until? }] }`.
 * A day stands for the whole day in UTC: `until: 2026-12-31` ends with that day's last millisecond.
 */
export function readNamedAccounts(source: unknown): Reading<NamedAccountDocument> {
  const reading = readList(source);
  if (!reading.ok) return reading;
  const { owner, entries } = reading.document;
  return { ok: true, document: { owner, entries: entries.map(accountOf) } };
}

const readList = documentReader<ListDocument>(ListDocument, ({ entries }, report) => {
  entries.forEach((entry, index) => {
    const at = ['entries', index] as const;
    if ((entry.domain === undefined) === (entry.company === undefined))
      report(at, 'needs a domain or a company, not both');
    if (entry.domain !== undefined && readDomain(entry.domain) === undefined) report([...at, 'domain'], 'is no domain');
    if (entry.company !== undefined && foldName(entry.company) === '') report([...at, 'company'], 'is no name');
    const [from, until] = [readMoment(entry.from), endOf(entry.until)];
    if (from === undefined) report([...at, 'from'], NO_DATE);
    if (entry.until !== undefined && until === undefined) report([...at, 'until'], NO_DATE);
    if (from !== undefined && until !== undefined && until <= from) report([...at, 'until'], 'is before it begins');
  });
});

const NO_DATE = 'must be a date such as 2026-01-31, or a time as RFC 3339 writes it';
const DAY_MS = 86_400_000;

function accountOf({ domain, company, owner, from, until }: ListDocument['entries'][number]): NamedAccount {
  const end = endOf(until);
  return {
    ...(domain !== undefined && { domain: readDomain(domain) ?? domain }),
    ...(company !== undefined && { company }),
    owner,
    from: readMoment(from) ?? 0,
    ...(end !== undefined && { until: end }),
  };
}

function endOf(until: string | undefined): number | undefined {
  const moment = until === undefined ? undefined : readMoment(until);
  return moment !== undefined && until !== undefined && until.trim().length === 10 ? moment + DAY_MS : moment;
}

// --- What decisions read --------------------------------------------------------------------------------------------

/** One version of a list, indexed. */
export class NamedAccountList {
  readonly hash: string;
  private readonly byDomain = new Map<string, NamedAccount[]>();
  private readonly byCompany = new Map<string, NamedAccount[]>();

  constructor(
    readonly name: string,
    readonly version: number,
    document: NamedAccountDocument,
  ) {
    this.hash = contentHash(document);
    for (const entry of document.entries) {
      if (entry.domain !== undefined) add(this.byDomain, entry.domain, entry);
      if (entry.company !== undefined) add(this.byCompany, foldName(entry.company), entry);
    }
  }

  /**
   * The first entry that reserves the lead's company at that moment: the domain first, because it is the surer sign.
   * Names must be the same but for case, accents and punctuation: a list that reserves whatever sounds alike is how
   * named accounts get stretched.
   */
  match({ companyDomain, company }: Pick<Facts, 'companyDomain' | 'company'>, now: number): NamedAccount | undefined {
    const byDomain = companyDomain === undefined ? [] : (this.byDomain.get(companyDomain) ?? []);
    const byCompany = company === undefined ? [] : (this.byCompany.get(foldName(company)) ?? []);
    return [...byDomain, ...byCompany].find(({ from, until = Infinity }) => from <= now && now < until);
  }
}

function add(map: Map<string, NamedAccount[]>, key: string, entry: NamedAccount): void {
  const entries = map.get(key);
  if (entries) entries.push(entry);
  else map.set(key, [entry]);
}

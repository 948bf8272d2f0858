import type { Facts } from '@fairlead/events';
import { contentHash } from '../document/content-hash.js';
import { companyKey } from './legal-forms.js';

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

/**
 * A list as it is kept and hashed: times in milliseconds, domains as they are registered, entries in the order of
 * `byAccount`, so that the same accounts are the same list whatever tool has sorted them how.
 */
export interface NamedAccountDocument {
  readonly owner: string;
  readonly entries: readonly NamedAccount[];
}

/** One version of a list, indexed: what a decision costs does not depend on how long the list is. */
export class NamedAccountList {
  private readonly byDomain = new Map<string, NamedAccount[]>();
  private readonly byCompany = new Map<string, NamedAccount[]>();

  /** @param hash  the document's, where it is known already */
  constructor(
    readonly name: string,
    readonly version: number,
    document: NamedAccountDocument,
    readonly hash: string = contentHash(document),
  ) {
    for (const entry of document.entries) {
      if (entry.domain !== undefined) add(this.byDomain, entry.domain, entry);
      if (entry.company !== undefined) add(this.byCompany, companyKey(entry.company), entry);
    }
  }

  /**
   * The first entry that reserves the lead's company at that moment: the domain first, because it is the surer sign.
   * A domain is the registered one and no other: a subsidiary is reserved where the list names it. Names must be the same
   * but for case, accents, punctuation and the legal form at their end: a list that reserves whatever sounds alike, or
   * begins alike, is how named accounts get stretched.
   */
  match({ companyDomain, company }: Pick<Facts, 'companyDomain' | 'company'>, now: number): NamedAccount | undefined {
    const byDomain = companyDomain === undefined ? undefined : inForce(this.byDomain.get(companyDomain), now);
    if (byDomain || company === undefined || this.byCompany.size === 0) return byDomain;
    const key = companyKey(company);
    return key === '' ? undefined : inForce(this.byCompany.get(key), now);
  }
}

function inForce(entries: readonly NamedAccount[] | undefined, now: number): NamedAccount | undefined {
  return entries?.find(({ from, until = Infinity }) => from <= now && now < until);
}

function add(map: Map<string, NamedAccount[]>, key: string, entry: NamedAccount): void {
  const entries = map.get(key);
  if (entries) entries.push(entry);
  else map.set(key, [entry]);
}

/** Domains before companies, each by its code units; then whichever begins first, ends first; then by owner. */
export function byAccount(a: NamedAccount, b: NamedAccount): number {
  return (
    compare(a.domain === undefined, b.domain === undefined) ||
    compare(a.domain ?? a.company ?? '', b.domain ?? b.company ?? '') ||
    compare(a.from, b.from) ||
    compare(a.until ?? Infinity, b.until ?? Infinity) ||
    compare(a.owner, b.owner)
  );
}

function compare<T extends string | number | boolean>(a: T, b: T): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

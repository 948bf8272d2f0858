import type { Facts } from '@fairlead/events';
import { companyKey } from './legal-forms.js';

/**
 * Why an account is a partner's: it works a deal there and said so first, for a time that the policy sets; or the account is
 * a customer whom the vendor has entrusted to it.
 */
export type ClaimKind = 'deal-registration' | 'partner-of-record';

/** A company by its registered domain, by its name, or by both: whoever names both holds both. */
export interface ClaimedAccount {
  readonly domain?: string;
  readonly company?: string;
}

/** A claim that stands, or stood. */
export interface Claim {
  readonly id: string;
  readonly kind: ClaimKind;
  readonly partner: string;
  readonly account: ClaimedAccount;
  /** Milliseconds since the epoch: leads are the partner's from here on … */
  readonly from: number;
  /** … and no longer from here on. */
  readonly until?: number;
}

/** What an account is called where there is room for one name. */
export function writtenAccount({ domain, company }: ClaimedAccount): string {
  return domain ?? company ?? '';
}

/** How an account is found. A domain and a company never have the same key. */
export function accountKeys({ domain, company }: ClaimedAccount): string[] {
  return [...(domain === undefined ? [] : [domainKey(domain)]), ...(company === undefined ? [] : [nameKey(company)])];
}

/** Whether the claim is about whatever is found by this. */
export function holds(claim: Claim, by: ClaimedAccount): boolean {
  const held = accountKeys(claim.account);
  return accountKeys(by).every((key) => held.includes(key));
}

const domainKey = (domain: string) => `domain:${domain}`;
const nameKey = (company: string) => `company:${companyKey(company)}`;

/** Changes since the last time that all was put together: so many, a new version costs little. */
const MAX_OVERLAY = 1_000;

/**
 * Claims of partners on accounts, in the order in which they were made. What a decision costs does not depend on how many
 * there are, and what a change costs hardly. Never changed: another version is another object.
 */
export class ProtectedAccounts {
  private constructor(
    /** How many changes of claims there were; 0 for none. */
    readonly version: number,
    /** By key, the earliest first. */
    private readonly base: ReadonlyMap<string, readonly Claim[]>,
    /** What differs from the base. */
    private readonly overlay: ReadonlyMap<string, readonly Claim[]>,
    /** When the latest claim was made. */
    readonly latestFrom: number,
    /** How many claims there are, those whose time is over among them. */
    readonly size: number,
  ) {}

  /** @param claims  the earliest first; those whose time is over may be left out */
  static of(version: number, claims: Iterable<Claim>): ProtectedAccounts {
    const base = new Map<string, Claim[]>();
    let latestFrom = 0;
    let size = 0;
    for (const claim of claims) {
      for (const key of accountKeys(claim.account)) {
        const others = base.get(key);
        if (others) others.push(claim);
        else base.set(key, [claim]);
      }
      latestFrom = Math.max(latestFrom, claim.from);
      size += 1;
    }
    return new ProtectedAccounts(version, base, new Map(), latestFrom, size);
  }

  with(claim: Claim, version: number): ProtectedAccounts {
    return this.changed(claim, version, (claims) => [...claims, claim]);
  }

  without(claim: Claim, version: number): ProtectedAccounts {
    return this.changed(claim, version, (claims) => claims.filter(({ id }) => id !== claim.id));
  }

  /** The claim on the lead's company at that moment; of one on its domain and one on its name, the earlier one. */
  match({ companyDomain, company }: Pick<Facts, 'companyDomain' | 'company'>, now: number): Claim | undefined {
    if (this.base.size + this.overlay.size === 0) return undefined;
    const inForce = (key: string) => this.at(key).find(({ from, until = Infinity }) => from <= now && now < until);
    const byDomain = companyDomain === undefined ? undefined : inForce(domainKey(companyDomain));
    const byName = company === undefined ? undefined : inForce(nameKey(company));
    return byDomain && (!byName || byDomain.from <= byName.from) ? byDomain : byName;
  }

  /** The claims on an account whose time is not over, by any of its keys; also those that begin by a clock that runs ahead. */
  standing(account: ClaimedAccount, now: number): readonly Claim[] {
    const claims = accountKeys(account).flatMap((key) => this.at(key));
    return [...new Set(claims)]
      .filter(({ until = Infinity }) => now < until)
      .sort((one, other) => one.from - other.from);
  }

  private at(key: string): readonly Claim[] {
    return this.overlay.get(key) ?? this.base.get(key) ?? [];
  }

  private changed(
    claim: Claim,
    version: number,
    change: (claims: readonly Claim[]) => readonly Claim[],
  ): ProtectedAccounts {
    const overlay = new Map(this.overlay);
    let grown = 0;
    for (const key of accountKeys(claim.account)) {
      const before = this.at(key);
      const after = change(before);
      overlay.set(key, after);
      grown = after.length - before.length;
    }
    const latestFrom = Math.max(this.latestFrom, claim.from);
    const size = this.size + grown;
    if (overlay.size <= MAX_OVERLAY) return new ProtectedAccounts(version, this.base, overlay, latestFrom, size);
    const base = new Map([...this.base, ...overlay]);
    for (const [key, claims] of overlay) if (claims.length === 0) base.delete(key);
    return new ProtectedAccounts(version, base, new Map(), latestFrom, size);
  }
}

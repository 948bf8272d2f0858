import type { Facts } from '@fairlead/events';
import { isDisposableDomain, isFreeDomain } from '../normalise/mail-domains.js';
import { readDomain } from '../normalise/domain-name.js';
import { companyKey } from './legal-forms.js';
import type { NamedAccountList } from './named-accounts.js';
import type { Policy } from './policy.js';

/**
 * Why an account is a partner's: it works a deal there and said so first, for a time that the policy sets; or the account is
 * a customer whom the vendor has entrusted to it.
 */
export type ClaimKind = 'deal-registration' | 'partner-of-record';

/** A registered domain, or a company by its name. */
export type ClaimedAccount = { readonly domain: string } | { readonly company: string };

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

/** The account as it is written in the claim. */
export function writtenAccount(account: ClaimedAccount): string {
  return 'domain' in account ? account.domain : account.company;
}

/** Accounts are the same whose keys are. A domain and a company never have the same key. */
export function accountKey(account: ClaimedAccount): string {
  return 'domain' in account ? `domain:${account.domain}` : `company:${companyKey(account.company)}`;
}

/**
 * Claims of partners on accounts, in the order in which they were made. What a decision costs does not depend on how many
 * there are. Never changed: another version is another object.
 */
export class ProtectedAccounts {
  private readonly byAccount = new Map<string, Claim[]>();
  private readonly hasCompanies: boolean;

  /**
   * @param version  how many changes of claims there were; 0 for none
   * @param claims  the earliest first; those whose time is over may be left out
   */
  constructor(
    readonly version: number,
    claims: Iterable<Claim>,
  ) {
    let hasCompanies = false;
    for (const claim of claims) {
      const key = accountKey(claim.account);
      const others = this.byAccount.get(key);
      if (others) others.push(claim);
      else this.byAccount.set(key, [claim]);
      hasCompanies ||= 'company' in claim.account;
    }
    this.hasCompanies = hasCompanies;
  }

  /** The claim on the lead's company at that moment: by its domain first, the surer sign, as with named accounts. */
  match({ companyDomain, company }: Pick<Facts, 'companyDomain' | 'company'>, now: number): Claim | undefined {
    if (this.byAccount.size === 0) return undefined;
    const byDomain = companyDomain === undefined ? undefined : this.on({ domain: companyDomain }, now)[0];
    if (byDomain || company === undefined || !this.hasCompanies) return byDomain;
    return this.on({ company }, now)[0];
  }

  /** The claims on an account that stand at that moment, the earliest first. */
  on(account: ClaimedAccount, now: number): readonly Claim[] {
    const claims = this.byAccount.get(accountKey(account)) ?? [];
    return claims.filter(({ from, until = Infinity }) => from <= now && now < until);
  }
}

// --- Claiming -------------------------------------------------------------------------------------------------------

export type AccountReading =
  | { readonly ok: true; readonly account: ClaimedAccount }
  | { readonly ok: false; readonly field: 'domain' | 'company' | ''; readonly detail: string };

/** Reads which account somebody claims: `{ domain }` or `{ company }`, one of the two. */
export function readAccount({ domain, company }: { domain?: string; company?: string }): AccountReading {
  if ((domain === undefined) === (company === undefined))
    return { ok: false, field: '', detail: 'needs a domain or a company, not both' };
  if (company !== undefined) {
    const name = company.trim();
    return companyKey(name) === ''
      ? { ok: false, field: 'company', detail: 'is no name' }
      : { ok: true, account: { company: name } };
  }
  const registered = readDomain(domain ?? '');
  if (registered === undefined) return { ok: false, field: 'domain', detail: 'is no domain' };
  // Whoever held gmail.com would hold everybody.
  if (isFreeDomain(registered) || isDisposableDomain(registered))
    return { ok: false, field: 'domain', detail: 'gives addresses to anybody; name the company instead' };
  return { ok: true, account: { domain: registered } };
}

/** Whose an account was when somebody else claimed it. */
export type Conflict =
  | {
      readonly with: ClaimKind;
      readonly claim: string;
      readonly partner: string;
      readonly from: number;
      readonly until?: number;
    }
  | {
      readonly with: 'named-account';
      readonly list: string;
      readonly version: number;
      readonly entry: string;
      readonly from: number;
      readonly until?: number;
    };

export type ClaimDecision =
  | { readonly outcome: 'protected'; readonly from: number; readonly until?: number }
  | { readonly outcome: 'refused'; readonly conflict: Conflict }
  /** It is the partner's own already. */
  | { readonly outcome: 'standing'; readonly claim: Claim }
  /** The policy has no deal registration. */
  | { readonly outcome: 'not-offered' }
  | { readonly outcome: 'too-many'; readonly most: number };

export interface ClaimRules {
  readonly policy: Policy;
  readonly namedAccounts: ReadonlyMap<string, NamedAccountList>;
  readonly protections: ProtectedAccounts;
}

/**
 * Decides a claim: the first one stands. It is refused while another partner's stands, or while a list that the policy
 * reserves by names the account. Once it stands, no list that is written later takes it away: an entry may bear any
 * date, a claim only the one on which it was made.
 *
 * @param until  when the vendor lets a partner of record's claim end; a registration's end is the policy's
 * @param registered  how many registrations of this partner stand
 */
export function decideClaim(
  { kind, partner, account, until }: Pick<Claim, 'kind' | 'partner' | 'account' | 'until'>,
  { policy, namedAccounts, protections }: ClaimRules,
  registered: number,
  now: number,
): ClaimDecision {
  const standing = protections.on(account, now);
  const own = standing.find((claim) => claim.partner === partner && claim.kind === kind);
  if (own) return { outcome: 'standing', claim: own };
  const registration = policy.dealRegistration;
  if (kind === 'deal-registration' && !registration) return { outcome: 'not-offered' };

  const [other] = standing.filter((claim) => claim.partner !== partner);
  if (other) {
    const { id, kind: held, partner: holder, from, until: ends } = other;
    return {
      outcome: 'refused',
      conflict: { with: held, claim: id, partner: holder, from, ...(ends !== undefined && { until: ends }) },
    };
  }
  const facts = 'domain' in account ? { companyDomain: account.domain } : account;
  for (const name of new Set(policy.pools.flatMap((pool) => pool.namedAccounts?.list ?? []))) {
    const list = namedAccounts.get(name);
    const entry = list?.match(facts, now);
    if (!list || !entry) continue;
    const { from, until: ends } = entry;
    return {
      outcome: 'refused',
      conflict: {
        ...{
          with: 'named-account',
          list: name,
          version: list.version,
          entry: entry.domain ?? entry.company ?? '',
          from,
        },
        ...(ends !== undefined && { until: ends }),
      },
    };
  }
  if (kind === 'partner-of-record') return { outcome: 'protected', from: now, ...(until !== undefined && { until }) };
  const { perPartner, protectForMs } = registration as NonNullable<typeof registration>;
  if (registered >= perPartner) return { outcome: 'too-many', most: perPartner };
  return { outcome: 'protected', from: now, until: now + protectForMs };
}

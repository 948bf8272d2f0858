import type { Facts } from '@fairlead/events';
import { isDisposableDomain, isFreeDomain } from '../normalise/mail-domains.js';
import { isSharedDomain, readDomain } from '../normalise/domain-name.js';
import { companyKey } from './legal-forms.js';
import type { NamedAccountList } from './named-accounts.js';
import type { Policy } from './policy.js';

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

// --- Claiming -------------------------------------------------------------------------------------------------------

export type AccountReading =
  | { readonly ok: true; readonly account: ClaimedAccount }
  | { readonly ok: false; readonly field: 'domain' | 'company' | ''; readonly detail: string };

/** Reads which account somebody claims: `{ domain, company }`, one of the two or both. */
export function readAccount({ domain, company }: ClaimedAccount): AccountReading {
  if (domain === undefined && company === undefined)
    return { ok: false, field: '', detail: 'needs a domain, a company, or both' };
  const name = company?.trim();
  if (name !== undefined) {
    const key = companyKey(name);
    if (key === '') return { ok: false, field: 'company', detail: 'is no name' };
    if (key.length < 2 || placeholders.has(key))
      return { ok: false, field: 'company', detail: 'is what people write who work for nobody in particular' };
  }
  const registered = domain === undefined ? undefined : readDomain(domain);
  if (domain !== undefined) {
    if (registered === undefined) return { ok: false, field: 'domain', detail: 'is no domain' };
    // Whoever held gmail.com or github.io would hold everybody there.
    if (isFreeDomain(registered) || isDisposableDomain(registered) || isSharedDomain(registered))
      return { ok: false, field: 'domain', detail: 'gives addresses to anybody; name the company instead' };
  }
  return {
    ok: true,
    account: { ...(registered !== undefined && { domain: registered }), ...(name !== undefined && { company: name }) },
  };
}

/** What forms are filled with in place of a company, as `companyKey` folds it. */
const placeholders: ReadonlySet<string> = new Set([
  ...(
    'na none no nothing null undefined unknown unbekannt test testing tester demo example sample company firma ' +
    'private privat privee personal individual person self selbst freelance freelancer freiberufler ' +
    'independent consultant student university unemployed retired home other andere various tbd tba xxx abc asdf'
  ).split(' '),
  ...[
    'n a',
    'my company',
    'no company',
    'self employed',
    'selbstandig',
    'not applicable',
    'not available',
    'keine angabe',
  ],
]);

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
 * Decides a claim: the first one stands. It is refused while another partner's stands on any of its keys, or while a list
 * that the policy reserves by names one of them. Once it stands, no list that is written later takes it away by the keys
 * that it holds: an entry may bear any date, a claim only the one on which it was made. An entry by another key of the
 * same company goes first (`routeLead`): who claims by domain alone has not said whose domain it is.
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
  const standing = protections.standing(account, now);
  const own = standing.find((claim) => claim.partner === partner && claim.kind === kind && holds(claim, account));
  if (own) return { outcome: 'standing', claim: own };
  const registration = policy.dealRegistration;
  if (kind === 'deal-registration' && !registration) return { outcome: 'not-offered' };

  const [other] = standing.filter((claim) => claim.partner !== partner);
  if (other) {
    const { id, kind: held, partner: holder, from: since, until: ends } = other;
    return {
      outcome: 'refused',
      conflict: { with: held, claim: id, partner: holder, from: since, ...(ends !== undefined && { until: ends }) },
    };
  }
  for (const name of new Set(policy.pools.flatMap((pool) => pool.namedAccounts?.list ?? []))) {
    const list = namedAccounts.get(name);
    const entry =
      list?.match({ ...(account.domain !== undefined && { companyDomain: account.domain }) }, now) ??
      list?.match({ ...(account.company !== undefined && { company: account.company }) }, now);
    if (!list || !entry) continue;
    const { from: since, until: ends } = entry;
    return {
      outcome: 'refused',
      conflict: {
        ...{ with: 'named-account', list: name, version: list.version },
        ...{ entry: entry.domain ?? entry.company ?? '', from: since },
        ...(ends !== undefined && { until: ends }),
      },
    };
  }
  // Two machines' clocks differ: who is later in the log begins later.
  const from = Math.max(now, protections.latestFrom);
  if (kind === 'partner-of-record') return { outcome: 'protected', from, ...(until !== undefined && { until }) };
  const { perPartner, protectForMs } = registration as NonNullable<typeof registration>;
  if (registered >= perPartner) return { outcome: 'too-many', most: perPartner };
  return { outcome: 'protected', from, until: from + protectForMs };
}

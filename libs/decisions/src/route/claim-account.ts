// Apart from the claims themselves: decisions need none of this, nor its lists of mail domains.
import { isSharedDomain, readDomain } from '../normalise/domain-name.js';
import { isDisposableDomain, isFreeDomain } from '../normalise/mail-domains.js';
import { companyKey } from './legal-forms.js';
import type { NamedAccountList } from './named-account-list.js';
import type { Policy } from './policy.js';
import {
  type Claim,
  type ClaimedAccount,
  type ClaimKind,
  holds,
  type ProtectedAccounts,
} from './protected-accounts.js';

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

import type { Facts } from '@fairlead/events';
import { byAccount, type NamedAccount, NamedAccountList } from './named-account-list.js';
import type { PartnerDocument } from './partner.js';
import { type PolicyDocument, policyOf } from './policy.js';
import { type DatedLead, type Preview, previewPolicy } from './preview.js';
import { type Claim, ProtectedAccounts } from './protected-accounts.js';
import { partnerOf, Roster } from './roster.js';
import type { Rules } from './route-lead.js';

/** A version of a policy as it was written. */
export interface WrittenPolicy {
  readonly document: PolicyDocument;
  readonly version: number;
}

/** Of a list of named accounts, what a preview needs: `hash` is that of the whole list. */
export interface ListExcerpt {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly entries: readonly NamedAccount[];
}

/**
 * All that a preview depends on, as plain values: whoever has them comes to the same preview, in a browser too. What becomes of a lead is in
 * none of them, nor what names a person.
 */
export interface PreviewMaterial {
  readonly proposed: WrittenPolicy;
  readonly inForce: WrittenPolicy;
  readonly partners: readonly { readonly id: string; readonly document: PartnerDocument }[];
  readonly namedAccounts: readonly ListExcerpt[];
  readonly protections: { readonly version: number; readonly claims: readonly Claim[] };
  /** In the order in which they came. */
  readonly leads: readonly DatedLead[];
}

/**
 * What of lists and claims these leads meet, which decides about them as all of it does: of each account the first entry that holds at a
 * lead's time, in the order that it has among the others. Lists may have a hundred thousand entries, of which a thousand leads meet few.
 */
export function accountsMetBy(
  leads: readonly DatedLead[],
  { namedAccounts, protections }: Pick<Rules, 'namedAccounts' | 'protections'>,
): Pick<PreviewMaterial, 'namedAccounts' | 'protections'> {
  return {
    namedAccounts: [...namedAccounts.values()].map((list) => ({
      name: list.name,
      version: list.version,
      hash: list.hash,
      entries: distinct(leads.flatMap(({ lead: { facts }, at }) => entriesFor(facts, list, at))).sort(byAccount),
    })),
    protections: {
      version: protections.version,
      claims: distinct(leads.map(({ lead, at }) => protections.match(lead.facts, at))).sort(
        (one, other) => one.from - other.from,
      ),
    },
  };
}

/** By its domain and by its name: whether a claim yields to a list is asked of each by itself. */
function entriesFor({ companyDomain, company }: Facts, list: NamedAccountList, at: number) {
  return [list.match({ companyDomain }, at), list.match({ company }, at)];
}

function distinct<Found>(found: readonly (Found | undefined)[]): Found[] {
  return [...new Set(found.filter((each) => each !== undefined))];
}

/** The rules of both sides, made ready to decide with. */
export function rulesOf(material: PreviewMaterial): { readonly proposed: Rules; readonly inForce: Rules } {
  const { proposed, inForce, partners, namedAccounts, protections } = material;
  const shared = {
    roster: new Roster(partners.map(({ id, document }) => partnerOf(id, document))),
    namedAccounts: new Map(
      namedAccounts.map(({ name, version, hash, entries }) => {
        // Who answers for the list as a whole is told of no lead.
        return [name, new NamedAccountList(name, version, { owner: '', entries }, hash)];
      }),
    ),
    protections: ProtectedAccounts.of(protections.version, protections.claims),
  };
  return {
    proposed: { ...shared, policy: policyOf(proposed.document, proposed.version) },
    inForce: { ...shared, policy: policyOf(inForce.document, inForce.version) },
  };
}

/** The preview that a service makes step by step, made at once. */
export function previewOf({ leads }: PreviewMaterial, { proposed, inForce }: ReturnType<typeof rulesOf>): Preview {
  const steps = previewPolicy(leads, proposed, inForce);
  for (let step = steps.next(); ; step = steps.next()) if (step.done) return step.value;
}

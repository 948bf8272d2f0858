import { type IdentityKind, type KnownLead, matchLead } from './identity.js';

/** One lead as it arrives, with the id that it gets if it is new. */
export interface Arrival {
  readonly leadId: string;
  readonly hasEmail: boolean;
  /** `key` is whatever stands for the value: its hash, as text. Each kind at most once. */
  readonly keys: readonly { readonly kind: IdentityKind; readonly key: string }[];
}

export type Identified =
  | { readonly leadId: string; readonly isNew: true }
  | { readonly leadId: string; readonly isNew: false; readonly matchedBy: IdentityKind };

export interface Identification {
  /** In the order of the arrivals. */
  readonly arrivals: readonly Identified[];
  /** To whom each key of an arrival belongs after this; `identityOf(kind, key)` → lead id. */
  readonly owners: ReadonlyMap<string, string>;
  /** Known leads that had no email and have one now. */
  readonly gainedEmail: readonly string[];
}

/** One text for a key of a kind. */
export function identityOf(kind: IdentityKind, key: string): string {
  return `${kind}:${key}`;
}

/**
 * Tells who of these is new and who is somebody known, or somebody who came a moment earlier. In order: the same
 * arrivals in the same order always come out the same.
 * @param known  owners of those keys that are known already, by `identityOf`
 */
export function identifyArrivals(arrivals: readonly Arrival[], known: ReadonlyMap<string, KnownLead>): Identification {
  const leads = new Map<string, KnownLead>([...known.values()].map((lead) => [lead.leadId, lead]));
  const owners = new Map<string, string>([...known].map(([identity, { leadId }]) => [identity, leadId]));
  const gainedEmail: string[] = [];

  const identified = arrivals.map(({ leadId, hasEmail, keys }): Identified => {
    const found: Partial<Record<IdentityKind, KnownLead>> = {};
    for (const { kind, key } of keys) {
      const owner = leads.get(owners.get(identityOf(kind, key)) ?? '');
      if (owner) found[kind] = owner;
    }
    const match = matchLead(found, hasEmail);
    const survivor = match?.leadId ?? leadId;
    for (const { kind, key } of keys) {
      const identity = identityOf(kind, key);
      if (!owners.has(identity)) owners.set(identity, survivor);
    }
    if (!match) {
      leads.set(leadId, { leadId, hasEmail });
      return { leadId, isNew: true };
    }
    if (hasEmail && leads.get(survivor)?.hasEmail === false) {
      leads.set(survivor, { leadId: survivor, hasEmail: true });
      gainedEmail.push(survivor);
    }
    return { leadId: survivor, isNew: false, matchedBy: match.matchedBy };
  });
  return { arrivals: identified, owners, gainedEmail };
}

// Who is the same? For now only what is exactly equal after normalising. The rule, in this order:
// 1. externalId: the same source says the same id.
// 2. email: the same address; case makes no difference, since no provider of any size tells addresses apart by it.
// 3. phone: the same number, unless both have an email and those differ: colleagues share a switchboard, and a lead
//    lost in a colleague's is worse than one person offered twice.

export type IdentityKind = 'externalId' | 'email' | 'phone';

/** The order in which matches count. */
export const identityKinds: readonly IdentityKind[] = ['externalId', 'email', 'phone'];

export interface IdentityKey {
  readonly kind: IdentityKind;
  /** In clear: whoever stores it hashes it first, with a key. */
  readonly value: string;
}

/** The keys by which a lead is found again, in the order in which they count. */
export function identityKeys(lead: {
  readonly sourceId: string;
  readonly externalId?: string;
  readonly contact: { readonly email?: string; readonly phone?: string };
}): IdentityKey[] {
  const { sourceId, externalId, contact } = lead;
  const keys: IdentityKey[] = [];
  // A source's id has no blank, so the pair cannot be read in two ways.
  if (externalId !== undefined) keys.push({ kind: 'externalId', value: `${sourceId} ${externalId}` });
  if (contact.email !== undefined) keys.push({ kind: 'email', value: contact.email.toLowerCase() });
  if (contact.phone !== undefined) keys.push({ kind: 'phone', value: contact.phone });
  return keys;
}

/** A known lead that one of the keys belongs to. */
export interface KnownLead {
  readonly leadId: string;
  readonly hasEmail: boolean;
}

export interface Match {
  readonly leadId: string;
  readonly matchedBy: IdentityKind;
}

/**
 * Which known lead a new arrival is.
 * @param found  for each kind, the lead that its key belongs to
 * @param hasEmail  whether the arrival has an email
 */
export function matchLead(
  found: Readonly<Partial<Record<IdentityKind, KnownLead>>>,
  hasEmail: boolean,
): Match | undefined {
  for (const kind of identityKinds) {
    const known = found[kind];
    // Had both the same email, the email would have matched before the phone.
    const otherPerson = kind === 'phone' && hasEmail && (known?.hasEmail ?? false);
    if (known !== undefined && !otherPerson) return { leadId: known.leadId, matchedBy: kind };
  }
  return undefined;
}

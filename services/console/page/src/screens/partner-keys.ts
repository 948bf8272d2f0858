import type { Schemas } from '../api/schemas.js';

export type PartnerKey = Schemas['KeyView'];

/** Whose keys are looked at, by somebody who sees those of all partners; it stands in the address. */
export interface KeysOf {
  readonly partner?: string;
}

const PARTY = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function readKeysOf({ partner }: Record<string, unknown>): KeysOf {
  return typeof partner === 'string' && PARTY.test(partner) ? { partner } : {};
}

/** Those that are valid first, of these the newest: what one looks for is what somebody made just now. */
export function inOrder(keys: readonly PartnerKey[]): PartnerKey[] {
  return keys.toSorted(
    (one, other) =>
      Number(one.revokedAt !== null) - Number(other.revokedAt !== null) ||
      other.createdAt.localeCompare(one.createdAt) ||
      one.id.localeCompare(other.id),
  );
}

/** What is valid still of all that was made with this key, directly or through others, be those valid or not. */
export function madeWith({ id }: PartnerKey, all: readonly PartnerKey[]): PartnerKey[] {
  const makers = new Set([id]);
  // A key is younger than the one that it was made with.
  const made = all
    .toSorted((one, other) => one.createdAt.localeCompare(other.createdAt))
    .filter((key) => makers.has(key.madeBy ?? '') && makers.add(key.id));
  return made.filter(({ revokedAt }) => revokedAt === null);
}

/** The key that another was made with, as whoever looks for one to revoke knows it. */
export function makerOf({ madeBy }: PartnerKey, all: readonly PartnerKey[]): string {
  if (madeBy === null) return 'not known';
  return all.find(({ id }) => id === madeBy)?.name ?? 'the vendor’s';
}

/**
 * What whoever revokes this key should know before.
 * @param all  of the same partner
 * @param own  id of the key behind the session in which it is asked
 * @param withMade  whether what was made with it goes, too
 */
export function whatRevokingDoes(
  key: PartnerKey,
  all: readonly PartnerKey[],
  { own, withMade }: { readonly own: string; readonly withMade: boolean },
): string[] {
  const more = withMade ? madeWith(key, all) : [];
  const going = new Set([key, ...more].map(({ id }) => id));
  const staying = all.filter(({ id, revokedAt }) => !going.has(id) && revokedAt === null);
  return [
    'Whatever uses it is refused within seconds, and browsers that were let in with it are signed out. It cannot be undone.',
    ...(more.length > 0 ? [`So is what was made with it: ${more.map(({ name }) => `“${name}”`).join(', ')}.`] : []),
    ...(going.has(own) ? ['The key that you are signed in with is revoked, too: you are signed out.'] : []),
    ...(staying.length === 0 ? ['None is left: after it, only the vendor can make another.'] : []),
  ];
}

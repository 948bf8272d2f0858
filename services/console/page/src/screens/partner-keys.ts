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

/**
 * What whoever revokes this key should know before.
 * @param all  of the same partner
 * @param own  id of the key behind the session in which it is asked
 */
export function whatRevokingDoes(key: PartnerKey, all: readonly PartnerKey[], own: string): string[] {
  const others = all.filter(({ id, revokedAt }) => id !== key.id && revokedAt === null);
  return [
    'Whatever uses it is refused within seconds, and browsers that were let in with it are signed out. It cannot be undone.',
    ...(key.id === own ? ['It is the key that you are signed in with: you are signed out with it.'] : []),
    ...(others.length === 0 ? ['It is the last one: after it, only the vendor can make another.'] : []),
  ];
}

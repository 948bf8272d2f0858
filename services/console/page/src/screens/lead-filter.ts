/** Which leads are listed; it stands in the address. */
export interface LeadFilter {
  readonly state?: string;
  readonly grade?: string;
  readonly party?: string;
  readonly source?: string;
}

/** What a party or a source may be called, to be told to whoever types another. */
export const PARTY = {
  shape: /^[a-z0-9][a-z0-9-]{0,62}$/,
  says: 'The id of a partner, or direct: small letters, digits and -.',
};
export const SOURCE = {
  shape: /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/,
  says: 'The id of a source: letters, digits, . _ and -.',
};

const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function readLeadFilter(search: Record<string, unknown>): LeadFilter {
  const kept = (['state', 'grade', 'party', 'source'] as const).flatMap((name) => {
    const value = search[name];
    return typeof value === 'string' && WORD.test(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}

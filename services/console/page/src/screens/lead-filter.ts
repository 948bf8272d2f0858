/** Which leads are listed; it stands in the address. */
export interface LeadFilter {
  readonly state?: string;
  readonly grade?: string;
  readonly party?: string;
  readonly source?: string;
}

const WORD = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export function readLeadFilter(search: Record<string, unknown>): LeadFilter {
  const kept = (['state', 'grade', 'party', 'source'] as const).flatMap((name) => {
    const value = search[name];
    return typeof value === 'string' && WORD.test(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(kept);
}

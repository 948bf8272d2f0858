/** Whose parked events are shown; it stands in the address. */
export interface ParkedFilter {
  readonly service?: string;
}

export function readParkedFilter(search: Record<string, unknown>): ParkedFilter {
  const { service } = search;
  return typeof service === 'string' && /^[a-z][a-z-]{0,62}$/.test(service) ? { service } : {};
}

import type { Schemas } from '../api/schemas.js';

/** What tells one lead from another without saying who it is. */
export function leadName({
  facts,
  externalId,
  id,
}: Pick<Schemas['LeadSummary'], 'facts' | 'externalId' | 'id'>): string {
  const { company, country } = facts as { company?: string; country?: string };
  const name = company ?? externalId ?? id.slice(0, 8);
  return country === undefined ? name : `${name}, ${country}`;
}

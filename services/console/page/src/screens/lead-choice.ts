import { type LeadFilter, PARTY, readLeadFilter } from './lead-filter.js';

/** What the address of a lead remembers: the list that one came from, and of whom it is asked why it got the lead, or did not. */
export interface LeadChoice extends LeadFilter {
  readonly about?: string;
}

export function readLeadChoice(search: Record<string, unknown>): LeadChoice {
  const { about } = search;
  return { ...readLeadFilter(search), ...(typeof about === 'string' && PARTY.shape.test(about) && { about }) };
}

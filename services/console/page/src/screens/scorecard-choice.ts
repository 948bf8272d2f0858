import { isQuarter, type Quarter } from '../words/quarters.js';

/** Whose scorecard, and of which quarter: this one, when nothing is said. It stands in the address. */
export interface ScorecardChoice {
  readonly party?: string;
  readonly quarter?: Quarter;
}

const PARTY = /^[a-z0-9][a-z0-9-]{0,62}$/;

export function readScorecardChoice({ party, quarter }: Record<string, unknown>): ScorecardChoice {
  return {
    ...(typeof party === 'string' && PARTY.test(party) && { party }),
    ...(isQuarter(quarter) && { quarter }),
  };
}

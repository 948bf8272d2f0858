import { type Policy, type PolicyDocument, policyOf } from '@fairlead/decisions';

export { readPolicyDraft } from '@fairlead/decisions';

/** A policy to be played, and what people do that no policy of Fairlead's allows. */
export interface PlayedPolicy {
  readonly policy: Policy;
  readonly document: PolicyDocument;
  /** Leads that are not qualified are handed to partners all the same, one after the other, by hand. */
  readonly dumpsNotQualified: boolean;
}

const tiers = { gold: 3, silver: 2, registered: 1 } as const;
const LIST = 'named-accounts';

/**
 * What the article tells of: direct takes the A and B leads, by its share of them and by a list of named accounts without a ceiling; C, D and incomplete
 * leads are the partners'.
 */
const legacy: PolicyDocument = {
  name: 'legacy',
  pools: [
    {
      id: 'all',
      match: {},
      promise: { direct: 0, channel: 100 },
      promiseByGrade: { A: { direct: 60, channel: 40 }, B: { direct: 60, channel: 40 } },
      tiers,
      incomplete: { then: 'route' },
      namedAccounts: { list: LIST, ceiling: 100 },
    },
  ],
};

/**
 * The same promise for every grade, and a published ceiling for the list. By half each side has about as many leads of real people as
 * under `legacy`: what differs is which.
 */
const fair: PolicyDocument = {
  name: 'fair',
  pools: [
    {
      id: 'all',
      match: {},
      promise: { direct: 50, channel: 50 },
      tiers,
      incomplete: { then: 'route' },
      namedAccounts: { list: LIST, ceiling: 10 },
    },
  ],
};

export const builtIn = {
  legacy: played(legacy, { dumpsNotQualified: true }),
  fair: played(fair),
} as const;

/** A policy in the words of any other. Nobody goes round it by hand. */
export function played(document: PolicyDocument, { dumpsNotQualified = false } = {}): PlayedPolicy {
  return { policy: policyOf(document, 1), document, dumpsNotQualified };
}

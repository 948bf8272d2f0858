import type { PolicyDocument } from './policy.js';

/**
 * The policy that is in force until the vendor activates its own: one pool for every lead, half of every grade promised
 * to each side, all partners weighing the same unless one has its own weight, a day to accept, three offers, then
 * direct. Nothing is reserved for anybody.
 */
export const defaultPolicy: PolicyDocument = {
  name: 'default',
  pools: [
    {
      id: 'all',
      match: {},
      promise: { direct: 50, channel: 50 },
      offer: { acceptWithin: '24h', maxOffers: 3, then: 'direct', revealContact: 'on-accept' },
      incomplete: { then: 'route' },
      notQualified: { then: 'nurture' },
    },
  ],
};

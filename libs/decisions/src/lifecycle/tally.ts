import type { Offer } from './standing.js';

/** What is counted of an offer, each 0 or 1 for one offer, so that sums over any set of offers are whole numbers. */
export const measures = [
  'offered',
  'delivered',
  'accepted',
  'declined',
  'expired',
  'withdrawn',
  'open',
  'kept',
  'contacted',
  'qualified',
  'won',
  'lost',
  'returned',
] as const;
export type Measure = (typeof measures)[number];
export type Tally = Readonly<Record<Measure, number>>;

export const nothing: Tally = Object.freeze(
  Object.fromEntries(measures.map((measure) => [measure, 0])) as Record<Measure, number>,
);

/**
 * What one offer adds to a count. A later step includes the earlier ones: who qualified a lead has reached it, even if
 * it never reported the call, and who won it had an opportunity. `accepted`, `declined`, `expired`, `open` and the
 * offers withdrawn before an answer add up to `offered`; `kept` are those whose party has the lead or still may take
 * it: what it received, in the sense of the promise, because for the others the share that they cost is given back.
 */
export function tallyOf(offer: Offer): Tally {
  const { stage } = offer;
  const won = stage === 'won';
  const qualified = won || offer.qualifiedAt !== null;
  const contacted = qualified || offer.contactedAt !== null;
  return {
    offered: 1,
    delivered: bit(offer.deliveredAt !== null),
    accepted: bit(offer.acceptedAt !== null),
    declined: bit(stage === 'declined'),
    expired: bit(stage === 'expired'),
    withdrawn: bit(stage === 'withdrawn'),
    open: bit(stage === 'offered'),
    kept: bit(stage !== 'declined' && stage !== 'expired' && stage !== 'withdrawn' && stage !== 'returned'),
    contacted: bit(contacted),
    qualified: bit(qualified),
    won: bit(won),
    lost: bit(stage === 'lost'),
    returned: bit(stage === 'returned'),
  };
}

/** The same of any set of offers. */
export function sumOf(tallies: Iterable<Tally>): Tally {
  // Of a large vendor thousands, each of which is in half a dozen sums: nothing is made anew for each.
  const total = { ...nothing } as Record<Measure, number>;
  for (const tally of tallies) for (const measure of measures) total[measure] += tally[measure];
  return total;
}

function bit(yes: boolean): 0 | 1 {
  return yes ? 1 : 0;
}

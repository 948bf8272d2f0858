import type { Offer, OfferGrade, OfferKind } from './standing.js';

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

/** The cell of the count that an offer falls into. Whatever becomes of an offer that was made here, it never changes. */
export interface Cell {
  readonly pool: string;
  readonly policy: string;
  /** The UTC day of the offer, in days since the epoch: offers of one period are followed, however late they close. */
  readonly day: number;
  readonly party: string;
  readonly grade: OfferGrade;
  readonly kind: OfferKind;
}

const dayMs = 86_400_000;

export function cellOf({ pool, policy, offeredAt, party, grade, kind }: Offer): Cell {
  return { pool, policy, day: Math.floor(offeredAt / dayMs), party, grade, kind };
}

/**
 * What one offer adds to its cell. A later step includes the earlier ones: who qualified a lead has reached it, even if
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

/**
 * What to add to the cells when a lead's offers went from `before` to `after`. Cells in which nothing changes are left out. A deal from
 * elsewhere that is told otherwise leaves one cell for another.
 */
export function differences(before: readonly Offer[], after: readonly Offer[]): { cell: Cell; change: Tally }[] {
  const known = new Map(before.map((offer) => [offer.number, offer]));
  return after
    .filter((offer) => known.get(offer.number) !== offer)
    .flatMap((offer) => {
      const earlier = known.get(offer.number);
      if (!earlier) return [{ cell: cellOf(offer), change: tallyOf(offer) }];
      if (isSameCell(earlier, offer))
        return [{ cell: cellOf(offer), change: subtract(tallyOf(offer), tallyOf(earlier)) }];
      return [
        { cell: cellOf(earlier), change: subtract(nothing, tallyOf(earlier)) },
        { cell: cellOf(offer), change: tallyOf(offer) },
      ];
    })
    .filter(({ change }) => measures.some((measure) => change[measure] !== 0));
}

function isSameCell(one: Offer, other: Offer): boolean {
  const [left, right] = [cellOf(one), cellOf(other)];
  return (Object.keys(left) as (keyof Cell)[]).every((key) => left[key] === right[key]);
}

export function add(left: Tally, right: Tally): Tally {
  return combine(left, right, (a, b) => a + b);
}

export function subtract(left: Tally, right: Tally): Tally {
  return combine(left, right, (a, b) => a - b);
}

function combine(left: Tally, right: Tally, how: (a: number, b: number) => number): Tally {
  return Object.fromEntries(measures.map((measure) => [measure, how(left[measure], right[measure])])) as Record<
    Measure,
    number
  >;
}

function bit(yes: boolean): 0 | 1 {
  return yes ? 1 : 0;
}

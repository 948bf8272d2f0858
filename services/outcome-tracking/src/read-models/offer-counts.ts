import { add, type Cell, cellOf, nothing, type Offer, subtract, type Tally, tallyOf } from '@fairlead/decisions/replay';

interface Counted {
  readonly cell: Cell;
  tally: Tally;
}

/** What `offer_counts` comes to. */
export class OfferCounts {
  private readonly counted = new Map<string, Counted>();

  add(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, add);
  }

  /** Takes back what was added. */
  remove(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, subtract);
  }

  cells(): Iterable<Counted> {
    return [...this.counted.values()].filter(({ tally }) => tally.offered > 0);
  }

  private change(offer: Offer, how: typeof add): void {
    const cell = cellOf(offer);
    const key = Object.values(cell).join('\n');
    let counted = this.counted.get(key);
    if (!counted) this.counted.set(key, (counted = { cell, tally: nothing }));
    counted.tally = how(counted.tally, tallyOf(offer));
  }
}

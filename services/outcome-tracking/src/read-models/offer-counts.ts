import { type Cell, cellOf, measures, type Offer, type Tally, tallyOf } from '@fairlead/decisions/fold';

interface Counted {
  readonly cell: Cell;
  readonly tally: Tally;
}

/** What `offer_counts` comes to. */
export class OfferCounts {
  /** Sums in the order of `measures`. */
  private readonly counted = new Map<string, { readonly cell: Cell; readonly sums: number[] }>();

  add(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, 1);
  }

  /** Takes back what was added. */
  remove(offers: readonly Offer[]): void {
    for (const offer of offers) this.change(offer, -1);
  }

  *cells(): Generator<Counted> {
    for (const { cell, sums } of this.counted.values()) {
      const tally = Object.fromEntries(measures.map((measure, at) => [measure, sums[at]])) as unknown as Tally;
      if (tally.offered > 0) yield { cell, tally };
    }
  }

  private change(offer: Offer, by: 1 | -1): void {
    const cell = cellOf(offer);
    const key = `${cell.pool}\n${cell.policy}\n${cell.day}\n${cell.party}\n${cell.grade}\n${cell.kind}`;
    let counted = this.counted.get(key);
    if (!counted) this.counted.set(key, (counted = { cell, sums: measures.map(() => 0) }));
    const tally = tallyOf(offer);
    for (const [at, measure] of measures.entries())
      counted.sums[at] = (counted.sums[at] as number) + by * tally[measure];
  }
}

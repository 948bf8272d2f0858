import { percent, points } from '../words/numbers.js';

/** A number that is read in another way than it is reckoned with: `31.4 %` and 0.314. Null where there is none. */
export interface Shown {
  readonly value: number | null;
  readonly says: string;
}

export type Cell = string | number | Shown;

export interface FigureTable {
  readonly columns: readonly string[];
  /** As shown and as exported; the first of a row is its name. */
  readonly rows: readonly (readonly Cell[])[];
}

export function saysOf(cell: Cell): string | number {
  return typeof cell === 'object' ? cell.says : cell;
}

export function shareOf(share: number | null | undefined): Shown {
  return { value: share ?? null, says: percent(share) };
}

/** In points of a percent, without the last digits that are the machine's alone. */
export function pointsOf(share: number): Shown {
  return { value: Number((100 * share).toFixed(9)), says: points(share) };
}

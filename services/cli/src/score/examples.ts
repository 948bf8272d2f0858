import type { ScorableLead } from '@fairlead/decisions';

/** A lead whose end is known, or one that is to be judged without it. */
export interface Example {
  /** Its own id; the number of its row where it has none. */
  readonly id: string;
  readonly lead: Pick<ScorableLead, 'facts' | 'reachable'>;
  /** Undefined: nobody knows yet. */
  readonly won: boolean | undefined;
}

/** Values that the intake would not take, and that count as not known: by field, with the first row that has one. */
export interface NotUnderstood {
  readonly field: string;
  readonly rows: number;
  readonly firstRow: number;
  readonly detail: string;
}

export interface Examples {
  readonly examples: readonly Example[];
  /** What a field is called in reasons: the column's name. */
  readonly names: ReadonlyMap<string, string>;
  /** Columns that the mapping does not name. */
  readonly leftOut: readonly string[];
  readonly notUnderstood: readonly NotUnderstood[];
  /** Whether ids are the leads' own. */
  readonly hasIds: boolean;
}

/**
 * Words that say nothing, in lower case without spare blanks. `none` is not among them: that a customer has no other supplier,
 * say, is something that is known.
 */
export const MISSING_WORDS: readonly string[] = [
  ...['select', 'please select', '--none--', '-', '--', '?', '.'],
  ...['unknown', 'not known', 'undefined', 'unspecified', 'not specified', 'not provided', 'not available'],
  ...['n/a', '#n/a', 'na', 'nan', 'null', 'nil', 'missing', 'tbd'],
];

const WON: ReadonlySet<string> = new Set([
  ...['won', 'win', 'closed won', 'qualified', 'converted', 'success', 'true', 'yes', 't', 'y', '1', '1.0'],
]);
const NOT_WON: ReadonlySet<string> = new Set([
  ...[
    'lost',
    'loss',
    'closed lost',
    'not qualified',
    'not-qualified',
    'not converted',
    'disqualified',
    'returned',
    'declined',
  ],
  ...['rejected', 'recycled', 'failure', 'false', 'no', 'f', 'n', '0', '0.0'],
]);

/**
 * What an outcome means: an opportunity or a sale, or neither.
 * @returns undefined for nothing said; null for words that could mean anything
 */
export function wonBy(outcome: string | undefined): boolean | undefined | null {
  const word = (outcome ?? '').trim().toLowerCase().replace(/\s+/g, ' ');
  if (word === '') return undefined;
  if (WON.has(word)) return true;
  return NOT_WON.has(word) ? false : null;
}

import { aucAlone } from './cross-validate.js';
import type { Example, Examples } from './examples.js';
import { type Factor, factorsOf, type Unfit } from './factors.js';

export type Ended = Example & { readonly won: boolean };

export interface LeftOut {
  readonly field: string;
  readonly column: string;
  readonly why: Unfit | 'tells the outcome';
  /** How well it alone tells won leads from others; only of columns that tell too much. */
  readonly auc?: number;
}

/** What a table has to learn from, and what of it is not to be. */
export interface Survey {
  readonly ended: readonly Ended[];
  readonly factors: readonly Factor[];
  readonly leftOut: readonly LeftOut[];
  /** Columns that may have been written when the end was known. */
  readonly suspicious: readonly { readonly field: string; readonly column: string; readonly auc: number }[];
}

/** No single thing that is known of a lead when it comes in tells its end this well; what does was written afterwards. */
const TELLS_THE_OUTCOME = 0.9;
const SUSPICIOUSLY_WELL = 0.8;
/** Names of what sales write while they work a lead, and of what is counted when it is over. */
const WRITTEN_LATER =
  /\b(?:duration|elapsed|clos(?:ed?|ing)|won|lost|outcome|result|stage|status|disposition|tags?|last|final|follow.?ups?|contract|deal|remarks?|quality)\b/iu;

/** Looks the table over: which columns can be reasons, and which of them know too much. */
export function survey({ examples, names }: Examples, keepLeaky: boolean): Survey {
  const ended = examples.filter((example): example is Ended => example.won !== undefined);
  const { factors, unfit } = factorsOf(ended, names);
  const judged = factors.map((factor) => ({ factor, auc: aucAlone(factor, ended) }));
  const leaky = keepLeaky ? [] : judged.filter(({ auc }) => auc > TELLS_THE_OUTCOME);
  const kept = judged.filter((each) => !leaky.includes(each));
  return {
    ended,
    factors: kept.map(({ factor }) => factor),
    leftOut: [
      ...unfit.map(({ field, name, why }) => ({ field, column: name, why })),
      ...leaky.map(({ factor: { field, name }, auc }) => ({
        field,
        column: name,
        why: 'tells the outcome' as const,
        auc,
      })),
    ],
    suspicious: kept
      .filter(({ factor, auc }) => auc > SUSPICIOUSLY_WELL || (auc > 0.52 && WRITTEN_LATER.test(factor.name)))
      .map(({ factor: { field, name }, auc }) => ({ field, column: name, auc })),
  };
}

import { ages, type TalliesByAge } from '@fairlead/decisions/fold';

/** Of each count. More than a report will ever add up. */
const DIGITS = 8;
const MOST = 10 ** DIGITS - 1;

/**
 * Counts as one whole number, eight decimal digits for each, the first one leading: so that PostgreSQL adds up some dozens of counts, of
 * rows or of a row and its change, as one `numeric`: one sum instead of fourteen, or fifty. Of differences counts
 * may be negative; their number is right all the same when it is added to what they are the differences of.
 * @returns the number in decimal
 */
export function packCounts(counts: readonly number[]): string {
  const digits = (sign: 1 | -1): string =>
    counts.map((count) => String(Math.max(0, sign * count)).padStart(DIGITS, '0')).join('');
  const isNegative = counts.some((count) => count < 0);
  return isNegative ? String(BigInt(digits(1)) - BigInt(digits(-1))) : digits(1).replace(/^0+(?=\d)/, '');
}

/**
 * The counts again, of a sum that is none of differences alone.
 * @param packed  in decimal
 * @param count  how many there are
 * @throws RangeError when one of them was less than nothing, or more than 99,999,999: then none can be told
 */
export function unpackCounts(packed: string, count: number): number[] {
  const digits = packed.padStart(count * DIGITS, '0');
  if (digits.length > count * DIGITS || packed.startsWith('-'))
    throw new RangeError(`Not ${count} counts from 0 to ${MOST}: ${packed}`);
  return Array.from({ length: count }, (_, at) => Number(digits.slice(at * DIGITS, (at + 1) * DIGITS)));
}

/** The columns of `cohort_counts` and `kind_counts` that hold tallies: by each age, and by now. */
export const tallyColumns = [...ages.map((age) => `in_${age}` as const), 'ever'] as const;

/** What an offer comes to, or some together, as it is kept in these columns; whatever is measured, of each age as much. */
export function packTallies(tallies: TalliesByAge): string[] {
  const length = tallies.length / tallyColumns.length;
  return tallyColumns.map((_, at) => packCounts(tallies.slice(at * length, (at + 1) * length)));
}

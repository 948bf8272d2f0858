/**
 * How many leads came to a step after each time: whole hours to two days, then whole days, as `bucketHours` rounds them. Fifty of these times, which
 * follow one another, are a block, and packed into one number: a year's are a few rows for each party instead of one for each time.
 */
export const BLOCK = 50;
const HOURS_IN_WHOLE = 48;

/** Where a time is counted. */
export function placeOf(hours: number): { readonly block: number; readonly at: number } {
  const number = hours <= HOURS_IN_WHOLE ? hours : HOURS_IN_WHOLE - HOURS_IN_WHOLE / 24 + hours / 24;
  return { block: Math.floor(number / BLOCK), at: number % BLOCK };
}

/** The time that is counted there, in hours. */
export function hoursAt(block: number, at: number): number {
  const number = block * BLOCK + at;
  return number <= HOURS_IN_WHOLE ? number : (number - HOURS_IN_WHOLE + HOURS_IN_WHOLE / 24) * 24;
}

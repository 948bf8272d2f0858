/** Offers of so many days and before are old enough. Days since the epoch, UTC, both included; null: without an end. */
export interface Days {
  readonly from: number | null;
  readonly to: number | null;
}

/** A period in months, and what is to be added to them, or taken away, day by day. */
export interface CohortPeriod {
  /** Months since January 1970, UTC, both included; null: without an end. There are none where the first is after the last. */
  readonly months: { readonly from: number | null; readonly to: number | null };
  /** Further months. */
  readonly also: readonly number[];
  readonly days: readonly { readonly from: number; readonly to: number; readonly sign: 1 | -1 }[];
}

const DAY_MS = 86_400_000;
/** Of a month that is asked for in more days than this, fewer are missing than there are. */
const HALF_A_MONTH = 15;

/** The days of a period, of which leads are that have had `age` days at `asOf`: all that were offered on one day are as old as its youngest. */
export function daysOf(
  { from, to }: { readonly from: string | null; readonly to: string | null },
  age: number | null,
  asOf: number,
): Days {
  const last = to === null ? null : dayOf(to);
  if (age === null) return { from: from === null ? null : dayOf(from), to: last };
  const oldEnough = Math.floor(asOf / DAY_MS) - age - 1;
  return { from: from === null ? null : dayOf(from), to: last === null ? oldEnough : Math.min(last, oldEnough) };
}

/** @param day  since the epoch */
export function isIn(day: number, { from, to }: Days): boolean {
  return (from === null || day >= from) && (to === null || day <= to);
}

/** Whole months are counted as they are; what is over at the ends day by day, or, of more than half a month, what is missing there. */
export function cohortPeriod({ from, to }: Days): CohortPeriod {
  if (from !== null && to !== null && from > to) return { months: { from: 1, to: 0 }, also: [], days: [] };
  const [begin, end] = [from === null ? null : monthAt(from), to === null ? null : monthAt(to)];
  const also: number[] = [];
  const days: { from: number; to: number; sign: 1 | -1 }[] = [];
  const part = (month: number, first: number, last: number): void => {
    const [monthBegins, monthEnds] = [firstOf(month), firstOf(month + 1) - 1];
    if (last - first < HALF_A_MONTH) return void days.push({ from: first, to: last, sign: 1 });
    also.push(month);
    if (first > monthBegins) days.push({ from: monthBegins, to: first - 1, sign: -1 });
    if (last < monthEnds) days.push({ from: last + 1, to: monthEnds, sign: -1 });
  };
  const months = { from: begin, to: end };
  const isWhole = { begin: from === null || from === firstOf(begin as number), end: to === null || isLast(to) };
  if (begin !== null && begin === end && !(isWhole.begin && isWhole.end)) {
    part(begin, from as number, to as number);
    return { months: { from: 1, to: 0 }, also, days };
  }
  if (begin !== null && !isWhole.begin) {
    part(begin, from as number, firstOf(begin + 1) - 1);
    months.from = begin + 1;
  }
  if (end !== null && !isWhole.end) {
    part(end, firstOf(end), to as number);
    months.to = end - 1;
  }
  return { months, also, days };
}

/** @param day  days since the epoch */
export function dayName(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

function dayOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / DAY_MS;
}

function monthAt(day: number): number {
  const date = new Date(day * DAY_MS);
  return (date.getUTCFullYear() - 1970) * 12 + date.getUTCMonth();
}

function firstOf(month: number): number {
  return Date.UTC(1970, month, 1) / DAY_MS;
}

function isLast(day: number): boolean {
  return monthAt(day + 1) !== monthAt(day);
}

// Dates without a Date: what a text means may not depend on the machine that reads it.

const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(?:[Tt ](\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?\s*(?:([Zz])|([+-])(\d{2}):?(\d{2}))?)?$/;

/**
 * Reads RFC 3339, or a date or time of that order without an offset, which then is UTC. Other orders of day and month
 * are refused, because 04/05/2026 is two different days.
 * @returns milliseconds since the epoch, or undefined
 */
export function readMoment(text: string): number | undefined {
  const found = MOMENT.exec(text.trim());
  if (!found) return undefined;
  const part = (index: number) => Number(found[index] ?? '0');
  const [year, month, day] = [part(1), part(2), part(3)];
  const [hour, minute, second] = [part(4), part(5), part(6)];
  if (year < 1970 || month < 1 || month > 12 || day < 1 || day > daysOf(year, month)) return undefined;
  // A leap second is the last millisecond that the minute has here.
  if (hour > 23 || minute > 59 || second > 60 || part(10) > 23 || part(11) > 59) return undefined;

  const offsetMinutes = (found[9] === '-' ? -1 : 1) * (part(10) * 60 + part(11));
  const ms = Number((found[7] ?? '').slice(0, 3).padEnd(3, '0'));
  const minutes = (daysSinceEpoch(year, month, day) * 24 + hour) * 60 + minute - offsetMinutes;
  const total = minutes * 60_000 + (second === 60 ? 59_999 : second * 1_000 + ms);
  return total < 0 ? undefined : total;
}

function daysOf(year: number, month: number): number {
  if (month === 2) return isLeap(year) ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}

function isLeap(year: number): boolean {
  return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
}

/** Howard Hinnant's `days_from_civil`: years begin in March, so that the leap day is the last of its year. */
function daysSinceEpoch(year: number, month: number, day: number): number {
  const shifted = month <= 2 ? year - 1 : year;
  const era = Math.floor(shifted / 400);
  const yearOfEra = shifted - era * 400;
  const dayOfYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  const dayOfEra = yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear;
  return era * 146_097 + dayOfEra - 719_468;
}

const DAY_MS = 86_400_000;

/**
 * @param moment  milliseconds since the epoch
 * @returns its day in UTC, `2026-01-31`; Howard Hinnant's `civil_from_days`
 */
export function writeDay(moment: number): string {
  const days = Math.floor(moment / DAY_MS) + 719_468;
  const era = Math.floor(days / 146_097);
  const dayOfEra = days - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  );
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shifted = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shifted + 2) / 5) + 1;
  const month = shifted < 10 ? shifted + 3 : shifted - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}-${String(day).padStart(2, '0')}`;
}

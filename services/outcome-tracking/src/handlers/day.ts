const DAY = /^\d{4}-\d\d-\d\d$/;

/** A day of the calendar, such as 2026-01-31. */
export function isDay(value: unknown): value is string {
  if (typeof value !== 'string' || !DAY.test(value)) return false;
  const day = new Date(`${value}T00:00:00Z`);
  // JavaScript makes 3 March of 31 February.
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(value);
}

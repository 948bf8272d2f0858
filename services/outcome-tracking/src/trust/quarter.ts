/** A calendar quarter in UTC, both days included: what figures of all partners are told to a partner for. */
export interface Quarter {
  readonly from: string;
  readonly to: string;
}

/** @param day  such as 2026-05-31, of a calendar */
export function quarterOf(day: string): Quarter {
  const year = Number(day.slice(0, 4));
  const first = Math.floor((Number(day.slice(5, 7)) - 1) / 3) * 3;
  // The day before the next quarter. Not `Date.UTC`, which takes the years up to 99 for those of the last century.
  const [last, ends] = [first + 3, first === 0 || first === 9 ? 31 : 30];
  const two = (month: number) => String(month).padStart(2, '0');
  const years = String(year).padStart(4, '0');
  return { from: `${years}-${two(first + 1)}-01`, to: `${years}-${two(last)}-${ends}` };
}

/** A calendar quarter in UTC, as scorecards are told for: `2026-Q4`. */
export type Quarter = `${number}-Q${1 | 2 | 3 | 4}`;

const QUARTER = /^\d{4}-Q[1-4]$/;
const ENDS = { 1: '03-31', 2: '06-30', 3: '09-30', 4: '12-31' } as const;

export function isQuarter(text: unknown): text is Quarter {
  return typeof text === 'string' && QUARTER.test(text);
}

/** @param at  milliseconds since the epoch */
export function quarterAt(at: number): Quarter {
  const date = new Date(at);
  return quarter(date.getUTCFullYear(), Math.floor(date.getUTCMonth() / 3) + 1);
}

/** Both days included. */
export function daysOf(name: Quarter): { readonly from: string; readonly to: string } {
  const [year, number] = [name.slice(0, 4), Number(name.slice(-1)) as keyof typeof ENDS];
  const month = String(3 * number - 2).padStart(2, '0');
  return { from: `${year}-${month}-01`, to: `${year}-${ENDS[number]}` };
}

/** The last so many, the newest first. */
export function quartersUntil(last: Quarter, many: number): Quarter[] {
  const at = Number(last.slice(0, 4)) * 4 + Number(last.slice(-1)) - 1;
  return Array.from({ length: many }, (_, back) => quarter(Math.floor((at - back) / 4), ((at - back) % 4) + 1));
}

/** `the fourth quarter of 2026` */
export function tellQuarter(name: Quarter): string {
  const words = ['first', 'second', 'third', 'fourth'];
  return `the ${words[Number(name.slice(-1)) - 1]} quarter of ${name.slice(0, 4)}`;
}

function quarter(year: number, number: number): Quarter {
  return `${String(year).padStart(4, '0')}-Q${number}` as Quarter;
}

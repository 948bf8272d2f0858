import type { Estimated, Rate } from '@fairlead/decisions';

// How figures are written, in pages and on the terminal: the same on every machine, whatever its language.

/** Where nothing was seen there is nothing to write, and that is not 0. */
export const NOTHING = '–';

/** `1,234,567` */
export function whole(value: number): string {
  return `${value < 0 ? '−' : ''}${String(Math.abs(Math.round(value))).replace(/\B(?=(\d{3})+$)/g, ',')}`;
}

/** `12.3 %` of a share of 1; the two are not torn apart at the end of a line. */
export function percent(share: number | null, decimals = 1): string {
  return share === null ? NOTHING : `${signless(100 * share, decimals)}\u00a0%`;
}

/** `+12.3`: a difference of shares, in points of a percent. */
export function points(difference: number, decimals = 1): string {
  const text = signless(Math.abs(100 * difference), decimals);
  return Number(text) === 0 ? text : `${difference < 0 ? '−' : '+'}${text}`;
}

/** `+4.9 (+2.0 to +7.7)` */
export function pointsBetween({ value, low, high }: Estimated): string {
  return `${points(value)} (${points(low)} to ${points(high)})`;
}

/** `30.1 % (27.9 to 32.3)` */
export function rateBetween({ value, low, high }: Rate): string {
  if (value === null || low === null || high === null) return NOTHING;
  return `${percent(value)} (${signless(100 * low, 1)} to ${signless(100 * high, 1)})`;
}

function signless(value: number, decimals: number): string {
  const text = value.toFixed(decimals);
  return text.startsWith('-') ? (Number(text) === 0 ? text.slice(1) : `−${text.slice(1)}`) : text;
}

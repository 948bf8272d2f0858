/** One spelling of numbers and times for all screens, whatever the browser is set to: people compare screens. */

const counts = new Intl.NumberFormat('en');

export function count(value: number): string {
  return counts.format(value);
}

export function percent(share: number | null | undefined, digits = 1): string {
  return share === null || share === undefined ? '–' : `${(100 * share).toFixed(digits)} %`;
}

/** `+2.4`, `−0.3`, in points of a percent. */
export function points(share: number): string {
  const rounded = (100 * Math.abs(share)).toFixed(1);
  return rounded === '0.0' ? rounded : `${share < 0 ? '−' : '+'}${rounded}`;
}

export function moment(iso: string | number | null | undefined): string {
  if (iso === null || iso === undefined) return '–';
  const date = new Date(iso);
  return `${date.toISOString().slice(0, 10)} ${date.toISOString().slice(11, 19)}`;
}

export function ago(iso: string | number, now = Date.now()): string {
  const seconds = Math.round((now - new Date(iso).getTime()) / 1000);
  if (seconds < 0) return `in ${lasting(-seconds)}`;
  return seconds < 5 ? 'just now' : `${lasting(seconds)} ago`;
}

export function lasting(seconds: number): string {
  if (seconds < 90) return `${seconds} s`;
  if (seconds < 5_400) return `${Math.round(seconds / 60)} min`;
  if (seconds < 129_600) return `${Math.round(seconds / 3_600)} h`;
  return `${Math.round(seconds / 86_400)} d`;
}

/** What a field for a date and a time holds, taken as UTC as everything here is; undefined where it holds none. */
export function utcOf(field: string): string | undefined {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d$/.test(field) ? `${field}:00Z` : undefined;
}

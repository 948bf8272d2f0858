import type { Schemas } from '../api/schemas.js';

/** A difference between two versions of a policy as a sentence. */
export function tellDifference({ path, change, from, to }: Schemas['DifferenceView']): string {
  const [where, ...within] = path
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
  if (where === 'pools' && within.length === 0)
    return `The pools are asked in another order: ${said(to)}. It was ${said(from)}.`;
  const [pool, ...rest] = where === 'pools' ? within : [];
  if (pool !== undefined && rest.length === 0)
    return change === 'added' ? `The pool ${pool} is new: ${said(to)}.` : `The pool ${pool} is gone.`;
  const what = (pool === undefined ? [where ?? '', ...within] : rest).map(spaced).join(' › ');
  const place = pool === undefined ? 'In all of it' : `In the pool ${pool}`;
  const becomes = {
    added: `gains ${said(to)}`,
    removed: `loses ${said(from)}`,
    changed: `is ${said(to)} instead of ${said(from)}`,
  }[change];
  return `${place}, ${what} ${becomes}.`;
}

/** `acceptWithin` as it is read. */
function spaced(key: string): string {
  return /^[A-Z]$/.test(key)
    ? `grade ${key}`
    : key.replace(/([a-z])([A-Z])/g, (_, end: string, begin: string) => `${end} ${begin.toLowerCase()}`);
}

function said(value: unknown): string {
  if (Array.isArray(value)) return value.map(said).join(', ');
  if (typeof value === 'object' && value !== null)
    return Object.entries(value)
      .map(([key, inner]) => `${spaced(key)} ${said(inner)}`)
      .join(', ');
  return value === undefined ? 'nothing' : String(value);
}

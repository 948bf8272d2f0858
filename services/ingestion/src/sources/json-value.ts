import { MAX_EXTERNAL_ID } from '@fairlead/decisions';
import { hash } from 'node:crypto';

// What tools send is theirs to change: every look into it allows for anything to be there, or nothing.

export type Scalar = string | number | boolean;
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The member at the end of this path; undefined where the path ends before. Members that are inherited are none. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce((inner, name) => (isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined), value);
}

/** Its items; nothing else has any. */
export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function isScalar(value: unknown): value is Scalar {
  return (
    typeof value === 'string' || typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))
  );
}

/** A text or a number, as a text without blanks around it; undefined when nothing is said. */
export function text(value: unknown): string | undefined {
  if (typeof value !== 'string' && typeof value !== 'number') return undefined;
  const trimmed = String(value).trim();
  return trimmed === '' ? undefined : trimmed;
}

/** An id of theirs, short enough to be one, in characters that a list of ids may be made of. */
export function reference(value: unknown): string | undefined {
  const id = text(value);
  return id !== undefined && /^[A-Za-z0-9:_.-]{1,128}$/.test(id) ? id : undefined;
}

export function number(value: unknown): number | undefined {
  const written = typeof value === 'string' && /^-?\d{1,15}(\.\d{1,6})?$/.test(value.trim()) ? Number(value) : value;
  return typeof written === 'number' && Number.isFinite(written) ? written : undefined;
}

/** Seconds or milliseconds since the epoch, or an ISO 8601 time; @returns milliseconds */
export function moment(value: unknown): number | undefined {
  const since = number(value);
  if (since !== undefined) return validMoment(since < SECONDS_END ? since * 1_000 : since);
  if (typeof value !== 'string') return undefined;
  // 2015-02-28T08:49:14+0000: without a colon it is ISO 8601, and JavaScript reads only the other form everywhere.
  const iso = value.trim().replace(/([+-]\d{2})(\d{2})$/, '$1:$2');
  return /^\d{4}-\d{2}-\d{2}T/.test(iso) ? validMoment(Date.parse(iso)) : undefined;
}

/** In the year 5138 for seconds, in 1973 for milliseconds. */
const SECONDS_END = 100_000_000_000;

function validMoment(ms: number): number | undefined {
  return ms >= 0 && ms <= 253_402_300_799_999 ? Math.trunc(ms) : undefined;
}

export function isoTime(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : new Date(ms).toISOString();
}

/** Deep enough for any form that we know, and an end for a hostile one. */
const MAX_DEPTH = 6;
/** As many columns as a mapping may have. */
const MAX_VALUES = 500;

/** Every value with the path to it as its name: `contact.email`, `answers.0.text`. */
export function flatten(value: unknown): Map<string, Scalar> {
  const values = new Map<string, Scalar>();
  const visit = (inner: unknown, path: string, depth: number): void => {
    if (values.size >= MAX_VALUES || depth > MAX_DEPTH) return;
    if (isScalar(inner)) values.set(path, inner);
    else if (typeof inner === 'object' && inner !== null) {
      for (const [name, each] of Object.entries(inner)) visit(each, path === '' ? name : `${path}.${name}`, depth + 1);
    }
  };
  if (typeof value === 'object') visit(value, '', 0);
  return values;
}

/** The values of an object that are values in themselves. */
export function scalars(value: unknown): Map<string, Scalar> {
  const entries = isObject(value) ? Object.entries(value) : [];
  return new Map(entries.filter((entry): entry is [string, Scalar] => isScalar(entry[1])));
}

/** An id of theirs as one of ours; what is too long to be one is told apart by its hash. */
export function externalId(value: unknown): string | undefined {
  const id = text(value);
  return id !== undefined && id.length > MAX_EXTERNAL_ID ? hash('sha256', id, 'hex') : id;
}

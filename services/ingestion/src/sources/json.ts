import { applyMapping } from '@fairlead/decisions';
import { flatten, isObject } from './json-value.js';
import { type Arrival, type Delivery, type ReaderOptions, type SourceFormat, unusable } from './source-format.js';

const FORM = 'application/x-www-form-urlencoded';

/** Whatever can send JSON or a form, and a header with the source's key: one lead, or a list. A mapping reaches into nested objects by `a.b`. */
export const json: SourceFormat = {
  verify: () => 'own-key',
  contentTypes: [FORM],
  read: (body, delivery, options) => {
    const rows = Array.isArray(body) ? (body as unknown[]) : [body];
    const id = idOf(delivery);
    return rows.map((row, index) => ({
      ...readRow(row, options),
      key: id === undefined ? JSON.stringify(row) : `${id}/${index}`,
    }));
  },
};

/** The sender's own name for the delivery, by one of the headers that are in use for it. */
function idOf({ headers }: Delivery): string | undefined {
  const id = headers['idempotency-key'] ?? headers['webhook-id'];
  return typeof id === 'string' && /^[\x21-\x7e]{1,255}$/.test(id) ? id : undefined;
}

/** One row in words that only the source's mapping knows; without one it has to be in ours. */
export function readRow(row: unknown, { mapping }: Pick<ReaderOptions, 'mapping'>): Arrival {
  if (!isObject(row)) return unusable('lead', 'type', 'A lead must be a JSON object.');
  if (!mapping) return { kind: 'lead', lead: row };
  const mapped = applyMapping(Object.fromEntries(flatten(row)), mapping);
  return mapped.ok ? { kind: 'lead', lead: mapped.lead } : { kind: 'unusable', errors: mapped.errors };
}

/** A form's fields, as an object; of one that is there twice the last counts, as in JSON. */
export function parseForm(body: Buffer): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body.toString('utf8')));
}

export function isForm(contentType: string): boolean {
  return contentType === FORM;
}

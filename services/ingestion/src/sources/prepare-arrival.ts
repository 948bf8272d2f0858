import type { FieldError } from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import { prepareRows } from '../intake/prepare-rows.js';
import type { PreparedRow } from '../intake/rows.js';
import type { Source } from '../store/sources.store.js';

/**
 * What a lead can do without. Nobody stands at the other end of a webhook to correct a field: a lead with a good address and
 * a bad phone number would be lost for good.
 */
const dispensable: ReadonlySet<string> = new Set([
  ...['phone', 'domain', 'country', 'region', 'employees', 'revenue', 'occurredAt', 'consent.at'],
]);

export interface PreparedArrival {
  readonly row: PreparedRow;
  /** What was left out of the lead, because it could not be understood. */
  readonly leftOut: readonly FieldError[];
}

/** Understands a lead that a tool sent, without what cannot be understood of it, as far as the rest is a lead. */
export async function prepareArrival(
  lead: Record<string, unknown>,
  index: number,
  given: { readonly source: Source; readonly personalData: PersonalData; readonly now: number },
): Promise<PreparedArrival> {
  const row = await prepare(lead, index, given);
  if (row.kind !== 'unusable' || !row.errors.every(({ field }) => dispensable.has(field))) return { row, leftOut: [] };
  const retried = await prepare(without(lead, row.errors), index, given);
  return retried.kind === 'unusable' ? { row, leftOut: [] } : { row: retried, leftOut: row.errors };
}

async function prepare(
  lead: unknown,
  index: number,
  { source, personalData, now }: Parameters<typeof prepareArrival>[2],
): Promise<PreparedRow> {
  const preparation = { source, mapping: undefined, strict: false, personalData, now };
  const [row] = await prepareRows([{ value: lead, text: '' }], index, {
    ...preparation,
    findSource: async () => source,
  });
  return row as PreparedRow;
}

function without(lead: Record<string, unknown>, errors: readonly FieldError[]): Record<string, unknown> {
  const fields = new Set(errors.map(({ field }) => field.split('.', 1)[0] as string));
  const rest = Object.fromEntries(Object.entries(lead).filter(([name]) => !fields.has(name)));
  const phone = fields.has('phone') ? lead['phone'] : undefined;
  if (typeof phone !== 'string' && typeof phone !== 'number') return rest;
  // A person may still make something of it; sealed like the number itself.
  const said = typeof rest['message'] === 'string' ? `${rest['message'].slice(0, 3_900)}\n` : '';
  return { ...rest, message: `${said}Phone: ${String(phone).slice(0, 50)}` };
}

import { type FieldError, normaliseLead } from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import { prepareRows } from '../intake/prepare-rows.js';
import type { PreparedRow } from '../intake/rows.js';
import type { Source } from '../store/sources.store.js';
import { mendLead } from './mend-lead.js';

export interface PreparedArrival {
  readonly row: PreparedRow;
  /** What was left out of the lead, or cut, because it could not be understood or was too long. */
  readonly leftOut: readonly FieldError[];
}

/** Understands a lead that a tool sent, without what cannot be understood of it, as far as the rest is a lead. */
export async function prepareArrival(
  sent: Record<string, unknown>,
  index: number,
  given: { readonly source: Source; readonly personalData: PersonalData; readonly now: number },
): Promise<PreparedArrival> {
  const lead = { ...sent, ...consentOf(sent) };
  const row = await prepare(lead, index, given);
  if (row.kind !== 'unusable') return { row, leftOut: [] };
  const { source, now } = given;
  const mended = mendLead(lead, (each) =>
    normaliseLead(each, { sourceId: source.id, now, ...(source.defaults && { defaults: source.defaults }) }),
  );
  if (!mended.ok) return { row: { ...row, errors: mended.errors }, leftOut: [] };
  return { row: await prepare(mended.lead, index, given), leftOut: mended.leftOut };
}

/** A form's box that is ticked says `on`, and one that is not says nothing; 1 and 0 are a text in a form and numbers elsewhere. */
function consentOf({ consent }: Record<string, unknown>): { consent?: boolean | string } {
  if (typeof consent === 'string' && consent.trim().toLowerCase() === 'on') return { consent: true };
  return typeof consent === 'number' ? { consent: String(consent) } : {};
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

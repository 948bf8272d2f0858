import type { FieldError } from './field-error.js';
import type { LeadInput } from './lead-input.js';
import { normaliseLead } from './normalise-lead.js';
import { checkShape } from './shape.js';

/** Each lead's own: the same in every lead, they would make all of a source's leads one person. */
const PERSONAL = ['externalId', 'source', 'firstName', 'lastName', 'email', 'phone', 'message', 'occurredAt'] as const;

/** Checks what a source says of leads that do not say it themselves, by the rules that hold for leads. */
export function parseDefaults(
  document: unknown,
):
  { readonly ok: true; readonly defaults: LeadInput } | { readonly ok: false; readonly errors: readonly FieldError[] } {
  const shape = checkShape(document);
  if (!shape.ok) return { ok: false, errors: shape.errors.map(underDefaults) };

  const personal = PERSONAL.filter((field) => Object.hasOwn(shape.input, field)).map((field) => ({
    field,
    rule: 'no-default',
    detail: 'Each lead’s own; it has no default.',
  }));
  const probe = normaliseLead({ ...shape.input, externalId: 'probe' }, { sourceId: 'probe', now: FAR_AWAY });
  const errors = personal.length > 0 ? personal : probe.ok ? [] : probe.errors;
  return errors.length > 0 ? { ok: false, errors: errors.map(underDefaults) } : { ok: true, defaults: shape.input };
}

/** Later than any date that a default could hold, so that none counts as in the future. */
const FAR_AWAY = 253_402_300_799_999;

function underDefaults(error: FieldError): FieldError {
  return { ...error, field: `defaults.${error.field}` };
}

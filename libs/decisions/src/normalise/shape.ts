import { Ajv, type ErrorObject } from 'ajv';
import { type FieldError, shownName } from './field-error.js';
import { LeadInput } from './lead-input.js';

// Every error at once, so that a row is corrected once. Not `verbose`: errors would carry the values along. The input
// is bounded before it comes here, so "all errors" cannot grow without end.
const isLeadInput = new Ajv({ allErrors: true, allowUnionTypes: true, messages: false }).compile(LeadInput);

/** 50 is enough to correct a row by; a row that is wrong in more ways is not a lead. */
const MOST_ERRORS = 50;

/** Fields that are there have the right types and lengths, and there are no others. */
export function checkShape(
  raw: unknown,
): { readonly ok: true; readonly input: LeadInput } | { readonly ok: false; readonly errors: readonly FieldError[] } {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    return { ok: false, errors: [{ field: 'lead', rule: 'type', detail: 'A lead must be a JSON object.' }] };
  }
  if (isLeadInput(raw)) return { ok: true, input: raw };
  return { ok: false, errors: (isLeadInput.errors ?? []).slice(0, MOST_ERRORS).map(toFieldError) };
}

function toFieldError({ instancePath, keyword, params }: ErrorObject): FieldError {
  const place = instancePath
    .split('/')
    .slice(1)
    .map((part) => shownName(part.replaceAll('~1', '/').replaceAll('~0', '~')));
  const at = (name?: string) => [...place, ...(name === undefined ? [] : [shownName(name)])].join('.');
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'additionalProperties': {
      const field = at(String(params['additionalProperty']));
      return { field, rule: 'unknown-field', detail: `“${field}” is not a field of a lead.` };
    }
    case 'required': {
      const field = at(String(params['missingProperty']));
      return { field, rule: 'required', detail: `${field} is missing.` };
    }
    case 'type':
      return { field: at(), rule: 'type', detail: `Must be ${types(params['type'])}.` };
    case 'maxLength':
      return { field: at(), rule: 'too-long', detail: `At most ${limit} characters.` };
    case 'maxProperties':
      return { field: at(), rule: 'too-many', detail: `At most ${limit} of them.` };
    case 'minimum':
      return { field: at(), rule: 'minimum', detail: `At least ${limit}.` };
    default:
      return { field: at(), rule: 'shape', detail: 'Not of the right shape.' };
  }
}

function types(type: unknown): string {
  return [type]
    .flat()
    .map((name) => (name === 'string' ? 'text' : String(name)))
    .filter((name) => name !== 'null')
    .join(' or ');
}

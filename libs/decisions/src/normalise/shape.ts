import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject } from 'ajv';
import { atFirstUse } from '../at-first-use.js';
import { type FieldError, shownName } from './field-error.js';
import { LeadInput } from './lead-input.js';

export type Shaped<T> =
  { readonly ok: true; readonly input: T } | { readonly ok: false; readonly errors: readonly FieldError[] };

/** 50 is enough to correct a row by; a row that is wrong in more ways is not a lead. */
const MOST_ERRORS = 50;

/** Fields that are there have the right types and lengths, and there are no others. */
export const checkShape = shapeOf<LeadInput>(LeadInput, 'lead');

/** @param noun  what is to have this shape, in errors */
export function shapeOf<T>(schema: TSchema, noun: string): (raw: unknown) => Shaped<T> {
  // Every error at once, so that a row is corrected once. Not `verbose`: errors would carry the values along. The input
  // is bounded before it comes here, so "all errors" cannot grow without end.
  const shape = atFirstUse(() =>
    new Ajv({ allErrors: true, allowUnionTypes: true, messages: false }).compile<T>(schema),
  );
  return (raw) => {
    const isOfShape = shape();
    if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
      return { ok: false, errors: [{ field: noun, rule: 'type', detail: `A ${noun} must be a JSON object.` }] };
    }
    if (isOfShape(raw)) return { ok: true, input: raw };
    return {
      ok: false,
      errors: (isOfShape.errors ?? []).slice(0, MOST_ERRORS).map((error) => toFieldError(error, noun)),
    };
  };
}

function toFieldError({ instancePath, keyword, params }: ErrorObject, noun: string): FieldError {
  const place = instancePath
    .split('/')
    .slice(1)
    .map((part) => shownName(part.replaceAll('~1', '/').replaceAll('~0', '~')));
  const at = (name?: string) => [...place, ...(name === undefined ? [] : [shownName(name)])].join('.');
  const limit = Number(params['limit']);
  switch (keyword) {
    case 'additionalProperties': {
      const field = at(String(params['additionalProperty']));
      return { field, rule: 'unknown-field', detail: `“${field}” is not a field of a ${noun}.` };
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

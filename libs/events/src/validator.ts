import type { TSchema } from '@sinclair/typebox';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import { type EventDefinition } from './define-event.js';

const ajv = new Ajv({ strict: true, allowUnionTypes: true, allErrors: false, messages: false, addUsedSchema: false });
const validators = new WeakMap<TSchema, ValidateFunction>();

/** Compiled at first use, since a service meets only a few of all events: importing them costs nothing. */
function validatorOf(schema: TSchema): ValidateFunction {
  let validate = validators.get(schema);
  if (!validate) validators.set(schema, (validate = ajv.compile(schema)));
  return validate;
}

/** @returns where `data` breaks its definition's schema and which rule it breaks, without values; or undefined */
export function violation(definition: EventDefinition, data: unknown): string | undefined {
  return schemaViolation(definition.schema, data);
}

export function schemaViolation(schema: TSchema, data: unknown): string | undefined {
  const validate = validatorOf(schema);
  if (validate(data)) return undefined;
  const [error] = validate.errors ?? [];
  return error ? `${placeOf(error)}: ${error.keyword}${expectation(error)}` : 'invalid';
}

/** Free keys are left out: a source may have named a column after a person. */
function placeOf({ instancePath }: ErrorObject): string {
  return instancePath.replace(/^(\/facts\/(?:attributes|engagement))\/.*/s, '$1/*') || '/';
}

/** What the schema asks for, never what was there; `additionalProperties` would name the unknown key, so it does not. */
function expectation({ keyword, params }: ErrorObject): string {
  switch (keyword) {
    case 'required':
      return ` ${String(params['missingProperty'])}`;
    case 'type':
      return ` ${String(params['type'])}`;
    case 'maxLength':
    case 'minLength':
    case 'maxItems':
    case 'minItems':
    case 'maxProperties':
    case 'maximum':
    case 'minimum':
      return ` ${String(params['limit'])}`;
    case 'enum':
      return ` ${JSON.stringify(params['allowedValues'])}`;
    default:
      return '';
  }
}

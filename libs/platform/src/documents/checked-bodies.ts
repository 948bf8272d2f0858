import { type BodyClass, nestedClassOf, type Rule, rulesOf } from '../http/body-class.js';

/** A JSON Schema, as far as it is changed here. */
export interface Schema {
  [keyword: string]: unknown;
  properties?: Record<string, Schema>;
  required?: string[];
}

/**
 * Puts what is checked into what is documented: the rules of a class are written once, at the class, and a schema beside them
 * would one day say something else. Unknown fields are refused, and null where a field may be absent counts as absent.
 */
export function describeChecks(type: BodyClass, schemas: Record<string, Schema>): void {
  const schema = schemas[type.name];
  if (!schema?.properties || schema['additionalProperties'] === false) return;
  schema['additionalProperties'] = false;
  const rules = Map.groupBy(rulesOf(type), ({ propertyName }) => propertyName);
  for (const [field, property] of Object.entries(schema.properties)) {
    schema.properties[field] = checked(property, rules.get(field) ?? []);
    const nested = nestedClassOf(type, field);
    if (nested) describeChecks(nested, schemas);
  }
}

function checked(property: Schema, rules: readonly Rule[]): Schema {
  const own = Object.assign({}, ...rules.filter(({ each }) => !each).map(keywordsOf)) as Schema;
  const ofItems = Object.assign({}, ...rules.filter(({ each }) => each).map(keywordsOf)) as Schema;
  const described: Schema = { ...property, ...own };
  if (Object.keys(ofItems).length > 0)
    described['items'] = { ...(property['items'] as object | undefined), ...ofItems };
  return rules.some(({ name }) => name === 'isOptional') ? orNull(described) : described;
}

/** What a rule comes to in JSON Schema; what has no word there stays with the description. */
function keywordsOf({ name, constraints = [] }: Rule): Schema {
  const [first, second] = constraints;
  switch (name) {
    case 'isString':
      return { type: 'string' };
    case 'isInt':
      return { type: 'integer' };
    case 'isBoolean':
      return { type: 'boolean' };
    case 'isIn':
      return { enum: [...(first as readonly unknown[])] };
    case 'isLength':
      return { minLength: first, ...(second !== undefined && { maxLength: second }) };
    case 'maxLength':
      return { maxLength: first };
    case 'min':
      return { minimum: first };
    case 'max':
      return { maximum: first };
    case 'matches':
      return { pattern: (first as RegExp).source };
    case 'arrayMinSize':
      return { minItems: first };
    case 'arrayMaxSize':
      return { maxItems: first };
    case 'arrayUnique':
      return { uniqueItems: true };
    default:
      return {};
  }
}

function orNull(schema: Schema): Schema {
  const { type, $ref, allOf, enum: values, ...rest } = schema;
  // What has a name stays what it is; one of a single part is a reference that has a description beside it.
  if (schema['$id'] !== undefined) return { anyOf: [schema, { type: 'null' }] };
  if (Array.isArray(allOf)) return { ...rest, anyOf: [...(allOf as unknown[]), { type: 'null' }] };
  if ($ref !== undefined) return { ...rest, anyOf: [{ $ref }, { type: 'null' }] };
  return {
    ...rest,
    ...(type !== undefined && { type: [...new Set([type, 'null'].flat())] }),
    ...(Array.isArray(values) && { enum: [...new Set<unknown>([...(values as unknown[]), null])] }),
  };
}

/** A JSON Schema as it is kept. */
export type Schema = Readonly<Record<string, unknown>>;

/** What says nothing about which data is valid. */
const annotations = ['$schema', '$id', 'title', 'description'];
const limits = {
  maximum: 'upper',
  maxLength: 'upper',
  maxItems: 'upper',
  maxProperties: 'upper',
  minimum: 'lower',
  minLength: 'lower',
  minItems: 'lower',
} as const;
const judged = new Set([
  ...annotations,
  ...Object.keys(limits),
  ...['type', 'enum', 'const', 'pattern', 'items', 'properties', 'patternProperties', 'required'],
  'additionalProperties',
]);

/**
 * What of a published schema the present one no longer keeps. Data that was valid must stay valid, and what readers
 * could count on must still be there; more may be allowed than was.
 * @returns one sentence for each breach, empty if there is none
 */
export function incompatibilities(published: Schema, present: Schema, place = ''): string[] {
  const at = place === '' ? 'the data' : place;
  return [
    ...unjudged(published, present, at),
    ...fields(published, present, place),
    ...types(published, present, at),
    ...words(published, present, at),
    ...bounds(published, present, at),
    ...(published['pattern'] !== present['pattern'] && present['pattern'] !== undefined
      ? [`${at}: its pattern changed`]
      : []),
    ...items(published, present, place),
  ];
}

/** A keyword that nobody taught this comparison may mean anything: better to stop than to wave it through. */
function unjudged(published: Schema, present: Schema, at: string): string[] {
  const unknown = new Set(
    [...Object.keys(published), ...Object.keys(present)].filter((keyword) => !judged.has(keyword)),
  );
  return [...unknown]
    .filter((keyword) => JSON.stringify(published[keyword]) !== JSON.stringify(present[keyword]))
    .map((keyword) => `${at}: "${keyword}" changed, and whether that is compatible is not known`);
}

function fields(published: Schema, present: Schema, place: string): string[] {
  const before = asSchemas(published['properties']);
  const after = asSchemas(present['properties']);
  const needed = asList(published['required']) as readonly string[];
  const needs = asList(present['required']) as readonly string[];
  const path = (name: string): string => (place === '' ? name : `${place}.${name}`);
  return [
    ...Object.entries(before).flatMap(([name, schema]) => {
      const now = after[name];
      return now
        ? incompatibilities(schema, now, path(name))
        : [`${path(name)}: removed (a renamed field is a removed one)`];
    }),
    ...needs.filter((name) => !needed.includes(name)).map((name) => `${path(name)}: required, and was not`),
    ...needed
      .filter((name) => !needs.includes(name) && name in after)
      .map((name) => `${path(name)}: no longer required, and readers count on it`),
    ...otherFields(published, present, place === '' ? 'the data' : place),
  ];
}

function otherFields(published: Schema, present: Schema, at: string): string[] {
  const after = asSchemas(present['patternProperties']);
  const closed = published['additionalProperties'] !== false && present['additionalProperties'] === false;
  return [
    ...(closed ? [`${at}: other fields are no longer allowed`] : []),
    ...Object.entries(asSchemas(published['patternProperties'])).flatMap(([pattern, schema]) => {
      const now = after[pattern];
      return now ? incompatibilities(schema, now, `${at}.*`) : [`${at}: names that were allowed no longer are`];
    }),
  ];
}

function types(published: Schema, present: Schema, at: string): string[] {
  const before = asList(published['type']);
  const after = asList(present['type']);
  if (after.length === 0) return [];
  if (before.length === 0) return [`${at}: any type was allowed, and now only ${after.map(String).join(', ')}`];
  const lost = before.filter((type) => !after.includes(type) && !(type === 'integer' && after.includes('number')));
  return lost.map((type) => `${at}: no longer ${String(type)}`);
}

function words(published: Schema, present: Schema, at: string): string[] {
  const before = allowed(published);
  const after = allowed(present);
  if (after === undefined) return [];
  if (before === undefined) return [`${at}: only certain values are allowed now`];
  const lost = before.filter((word) => !after.includes(word));
  return lost.map((word) => `${at}: ${JSON.stringify(word)} is no longer allowed`);
}

function allowed(schema: Schema): unknown[] | undefined {
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function bounds(published: Schema, present: Schema, at: string): string[] {
  return Object.entries(limits).flatMap(([keyword, side]) => {
    const before = asNumber(published[keyword]);
    const after = asNumber(present[keyword]);
    if (after === undefined) return [];
    if (before === undefined) return [`${at}: ${keyword} ${after} is new`];
    const narrower = side === 'upper' ? after < before : after > before;
    return narrower ? [`${at}: ${keyword} was ${before} and is ${after}`] : [];
  });
}

function items(published: Schema, present: Schema, place: string): string[] {
  const [before, after] = [published['items'], present['items']];
  if (after === undefined) return [];
  return incompatibilities((before ?? {}) as Schema, after as Schema, `${place}[]`);
}

const asSchemas = (value: unknown): Readonly<Record<string, Schema>> => (value ?? {}) as Record<string, Schema>;
const asList = (value: unknown): readonly unknown[] =>
  Array.isArray(value) ? value : value === undefined ? [] : [value];
const asNumber = (value: unknown): number | undefined => (typeof value === 'number' ? value : undefined);

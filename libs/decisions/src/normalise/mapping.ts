import { Type } from '@sinclair/typebox';
import { Ajv } from 'ajv';
import { atFirstUse } from '../at-first-use.js';
import { type FieldError, shownName } from './field-error.js';
import { historyFields, leadFields, MAX_FREE_NAME } from './lead-input.js';

// A mapping says in whose words a table speaks: which of its columns are which of our fields, and which of its values
// mean which of ours. Names come from strangers, so every look-up goes through a Map: `constructor` is a column like
// any other.

type Scalar = string | number | boolean | null;

/** `{ columns: { "Their column": "ourField" }, values?: { ourField: { "their value": ours } }, constants?: { ourField: ours } }` */
export const Mapping = Type.Object(
  {
    columns: Type.Unsafe<Record<string, string>>({
      type: 'object',
      // 500: wide exports have some 300 columns.
      maxProperties: 500,
      additionalProperties: { type: 'string', minLength: 1, maxLength: 100 },
      description: 'their column → our field; engagement.* and attributes.* are free',
    }),
    values: Type.Optional(
      Type.Unsafe<Record<string, Record<string, Scalar>>>({
        type: 'object',
        maxProperties: 100,
        additionalProperties: {
          type: 'object',
          maxProperties: 10_000,
          additionalProperties: { type: ['string', 'number', 'boolean', 'null'], maxLength: 1_000 },
        },
        description: 'our field → their value → ours; "" and null mean that nothing was said',
      }),
    ),
    constants: Type.Optional(
      Type.Unsafe<Record<string, Scalar>>({
        type: 'object',
        maxProperties: 100,
        additionalProperties: { type: ['string', 'number', 'boolean', 'null'], maxLength: 1_000 },
        description: 'our field → the same value in every row',
      }),
    ),
  },
  { additionalProperties: false, description: 'How a table’s columns and values become our fields' },
);
export interface Mapping {
  readonly columns: Readonly<Record<string, string>>;
  readonly values?: Readonly<Record<string, Readonly<Record<string, Scalar>>>>;
  readonly constants?: Readonly<Record<string, Scalar>>;
}

export type Mapped =
  | { readonly ok: true; readonly lead: Record<string, unknown>; readonly history: Record<string, unknown> }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

const shape = atFirstUse(() => new Ajv({ allErrors: false, allowUnionTypes: true }).compile(Mapping));

/** Checks a mapping document, and that every field it names is one of ours. */
export function parseMapping(
  document: unknown,
): { readonly ok: true; readonly mapping: Mapping } | { readonly ok: false; readonly errors: readonly FieldError[] } {
  const isMapping = shape();
  if (!isMapping(document)) {
    const [error] = isMapping.errors ?? [];
    const place = (error?.instancePath ?? '').split('/').filter(Boolean).map(decodePointer).map(shownName);
    const unknown = error?.keyword === 'additionalProperties' ? [String(error.params['additionalProperty'])] : [];
    const field = ['mapping', ...place, ...unknown.map(shownName)].join('.');
    const rule = unknown.length > 0 ? 'unknown-field' : 'shape';
    return { ok: false, errors: [{ field, rule, detail: `${field} ${error?.message ?? 'is not a mapping'}` }] };
  }
  const mapping = document as Mapping;
  const errors = [...unknownTargets(mapping), ...contradictions(mapping)];
  return errors.length > 0 ? { ok: false, errors } : { ok: true, mapping };
}

function decodePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}

function unknownTargets({ columns, values = {}, constants = {} }: Mapping): FieldError[] {
  const targets = new Set([...Object.values(columns), ...Object.keys(values), ...Object.keys(constants)]);
  return [...targets].filter((target) => !isOurField(target)).map(notOurs);
}

function notOurs(target: string): FieldError {
  const name = shownName(target);
  return { field: name, rule: 'unknown-field', detail: `The mapping fills “${name}”, which is not one of our fields.` };
}

function isOurField(target: string): boolean {
  if (leadFields.has(target) || historyFields.has(target)) return true;
  const free = /^(?:engagement|attributes)\.(.+)$/su.exec(target)?.[1];
  return free !== undefined && isFreeName(free);
}

/** Two sources for one field: whichever won, the other would be lost silently. */
function contradictions({ columns, constants = {} }: Mapping): FieldError[] {
  const seen = new Set<string>(Object.keys(constants));
  return Object.values(columns).flatMap((target) => {
    if (!seen.has(target)) {
      seen.add(target);
      return [];
    }
    const name = shownName(target);
    return [{ field: name, rule: 'twice', detail: `The mapping fills “${name}” more than once.` }];
  });
}

/** Fit to be a name under `engagement` or `attributes`. */
export function isFreeName(name: string): boolean {
  return (
    name.length > 0 &&
    name.length <= MAX_FREE_NAME &&
    !/[\p{Cc}\p{Cs}]/u.test(name) &&
    !['__proto__', 'constructor', 'prototype'].includes(name)
  );
}

/** The mapping of a table that already speaks our words. */
export function mappingOfOurFields(header: readonly string[]): Mapping {
  const ours = header.filter((column) => isOurField(column));
  return { columns: Object.fromEntries(ours.map((column) => [column, column])) };
}

export interface BoundMapping {
  /** @param cells  in the header's order; more cells than columns is an error of the row */
  readonly apply: (cells: readonly string[]) => Mapped;
}

/**
 * Fits a mapping to a table's header, once for all its rows.
 * @param options.strict  a column that the mapping does not know is an error; otherwise it is left out
 */
export function bindMapping(
  mapping: Mapping,
  header: readonly string[],
  { strict = false }: { strict?: boolean } = {},
): ({ readonly ok: true } & BoundMapping) | { readonly ok: false; readonly errors: readonly FieldError[] } {
  const columns = header.map((column) => column.replace(/^\ufeff/, '').trim());
  const errors = headerErrors(mapping, columns, strict);
  if (errors.length > 0) return { ok: false, errors };

  const targets = new Map(Object.entries(mapping.columns));
  const values = valueMaps(mapping);
  const plan = columns.flatMap((column, index) => {
    const target = targets.get(column);
    return target === undefined ? [] : [{ index, target: place(target), values: values.get(target) }];
  });
  const constants = constantsOf(mapping);

  const apply = (cells: readonly string[]): Mapped => {
    // Fewer cells than columns are blank ones: many tools leave out trailing commas. More have no name to go by.
    if (cells.length > columns.length) return tooManyCells(columns.length);
    const filled = { lead: {}, history: {} };
    for (const { index, target, values } of plan) {
      const written = cells[index] ?? '';
      if (isUnmapped(target, written, values)) return { ok: false, errors: [unmapped(columns[index] ?? '')] };
      put(filled, target, translate(written, values));
    }
    for (const { target, value } of constants) put(filled, target, value);
    return { ok: true, ...filled };
  };
  return { ok: true, apply };
}

/** Applies a mapping to one row that is an object, as JSON rows are. A column that the row lacks is blank. */
export function applyMapping(
  row: Readonly<Record<string, unknown>>,
  mapping: Mapping,
  { strict = false }: { strict?: boolean } = {},
): Mapped {
  const targets = new Map(Object.entries(mapping.columns));
  const errors: FieldError[] = [];
  const filled = { lead: {}, history: {} };
  const values = valueMaps(mapping);
  for (const [column, written] of Object.entries(row)) {
    const target = targets.get(column);
    if (target === undefined) {
      if (strict) errors.push(unknownColumn(column));
    } else if (typeof written === 'string' || typeof written === 'number' || typeof written === 'boolean') {
      const at = place(target);
      if (isUnmapped(at, String(written), values.get(target))) errors.push(unmapped(column));
      else put(filled, at, translate(String(written), values.get(target)));
    } else if (written !== undefined && written !== null) {
      const name = shownName(column);
      errors.push({ field: name, rule: 'type', detail: `The column “${name}” must hold a text, number or boolean.` });
    }
  }
  for (const { target, value } of constantsOf(mapping)) put(filled, target, value);
  return errors.length > 0 ? { ok: false, errors } : { ok: true, ...filled };
}

function headerErrors({ columns }: Mapping, header: readonly string[], strict: boolean): FieldError[] {
  const present = new Set(header);
  const missing = Object.keys(columns)
    .filter((column) => !present.has(column))
    .map((column) => {
      const name = shownName(column);
      return {
        field: name,
        rule: 'missing-column',
        detail: `The mapping names the column “${name}”, which is not there.`,
      };
    });
  const twice = header
    .filter((column, index) => Object.hasOwn(columns, column) && header.indexOf(column) !== index)
    .map((column) => {
      const name = shownName(column);
      return { field: name, rule: 'twice', detail: `The column “${name}” is there more than once.` };
    });
  const known = new Set(Object.keys(columns));
  // A column without a name is what a comma at the end of each line makes.
  const unknown = strict ? header.filter((column) => column !== '' && !known.has(column)).map(unknownColumn) : [];
  return [...missing, ...twice, ...unknown];
}

function unknownColumn(column: string): FieldError {
  const name = shownName(column);
  return { field: name, rule: 'unknown-column', detail: `The column “${name}” is not one that we know.` };
}

function tooManyCells(columns: number): Mapped {
  const detail = `The row has more cells than the ${columns} columns of the header.`;
  return { ok: false, errors: [{ field: 'row', rule: 'cells', detail }] };
}

const notTexts: ReadonlySet<string> = new Set(['employees', 'revenue', 'consent', 'amount']);

interface Place {
  readonly target: string;
  readonly group?: 'engagement' | 'attributes';
  readonly name: string;
  readonly history: boolean;
}

function place(target: string): Place {
  const [, group, name] = /^(engagement|attributes)\.(.+)$/su.exec(target) ?? [];
  if (group !== undefined && name !== undefined) {
    return { target, group: group as 'engagement' | 'attributes', name, history: false };
  }
  return { target, name: target, history: historyFields.has(target) };
}

function put(
  filled: { lead: Record<string, unknown>; history: Record<string, unknown> },
  { group, name, history }: Place,
  value: Scalar,
): void {
  if (value === null || value === '') return;
  if (group === undefined) {
    // A number that stands for a text (an id, say) is that text.
    (history ? filled.history : filled.lead)[name] = notTexts.has(name) ? value : String(value);
    return;
  }
  // Names were checked when the mapping was: no `__proto__` gets here.
  const values = (filled.lead[group] ??= {}) as Record<string, Scalar>;
  values[name] = typeof value === 'string' ? numberOrWord(value) : value;
}

/** A plain numeral becomes a number; 007, 1e5 and what a double cannot hold stay words, as they may be ids. */
function numberOrWord(text: string): string | number {
  return /^-?(?:0|[1-9]\d{0,14})(?:\.\d{1,10})?$/.test(text) ? Number(text) : text;
}

/**
 * Of other fields, words that a mapping's values do not name are taken as they are. Of the channel they would be partners: a slip of
 * the pen would make one up, and count its deals for nobody.
 */
function isUnmapped({ target }: Place, written: string, values: ReadonlyMap<string, Scalar> | undefined): boolean {
  const word = written.trim();
  return target === 'channel' && word !== '' && values !== undefined && !values.has(written) && !values.has(word);
}

function unmapped(column: string): FieldError {
  const detail = `The column “${shownName(column)}” has a word that the mapping’s values.channel does not name.`;
  return { field: 'channel', rule: 'unmapped', detail };
}

function translate(written: string, values: ReadonlyMap<string, Scalar> | undefined): Scalar {
  const trimmed = written.trim();
  if (values === undefined) return trimmed;
  const ours = values.has(written) ? values.get(written) : values.get(trimmed);
  return ours === undefined ? trimmed : ours;
}

function valueMaps({ values = {} }: Mapping): ReadonlyMap<string, ReadonlyMap<string, Scalar>> {
  return new Map(Object.entries(values).map(([field, ours]) => [field, new Map(Object.entries(ours))]));
}

function constantsOf({ constants = {} }: Mapping): readonly { target: Place; value: Scalar }[] {
  return Object.entries(constants).map(([field, value]) => ({ target: place(field), value }));
}

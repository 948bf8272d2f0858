import { type TProperties, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';

// Words that policies, partners and models share.

/** An object that has these fields and no others: a misspelt key in a policy would otherwise silently promise nothing. */
export function closed<P extends TProperties>(properties: P) {
  return Type.Object(properties, { additionalProperties: false });
}

export function oneOf<const W extends readonly string[]>(...words: W): TUnsafe<W[number]> {
  return Type.Unsafe<W[number]>({ type: 'string', enum: words });
}

/** 500: a list that a person keeps by hand in one document. */
export function listOf<S extends TSchema>(item: S) {
  return Type.Array(item, { maxItems: 500, uniqueItems: true });
}

export const Country = Type.String({ pattern: '^[A-Z]{2}$', description: 'an ISO 3166-1 code such as DE' });
export const Region = Type.String({
  pattern: '^[A-Z]{2}-[A-Z0-9]{1,3}$',
  description: 'an ISO 3166-2 code such as DE-BY',
});
export const Word = Type.String({ minLength: 1, maxLength: 128 });
export const Id = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: 'lower-case letters, digits and hyphens, at most 63',
});
/** As events write the names of documents. */
export const Name = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
  description: 'letters, digits, dots, underscores and hyphens, at most 63',
});
export const Percent = Type.Integer({ minimum: 0, maximum: 100 });
export const Amount = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Duration = Type.String({
  pattern: '^[1-9][0-9]{0,5}[smhd]$',
  description: 'a duration such as 90s, 30m, 4h or 2d',
});

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** @param written  `4h`; its form has been checked */
export function durationMs(written: string): number {
  return Number(written.slice(0, -1)) * (UNIT_MS[written.slice(-1)] ?? NaN);
}

/** Words compare without regard to case and blanks: `Cloud ` on a lead is `cloud` in a policy. */
export function folded(word: string): string {
  return word.trim().toLowerCase().replace(/\s+/g, ' ');
}

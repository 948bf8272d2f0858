import { type Static, type TUnsafe, Type } from '@sinclair/typebox';

// What may be sent as a lead, before anything is understood of it. Bounds are in characters and generous: they are
// there so that one lead fits a log entry (65,535 bytes) even in a script of four bytes a character.

/** Absent, null and the empty text mean the same thing: nothing was said. */
function optionalText(maxLength: number, description: string) {
  return Type.Optional(
    Type.Unsafe<string | null>({ type: ['string', 'null'], maxLength, description: `${description}` }),
  );
}

function optional<T>(types: readonly string[], description: string, more: Record<string, unknown> = {}) {
  return Type.Optional(Type.Unsafe<T | null>({ type: [...types, 'null'], description, ...more }));
}

/** Longer than the ids of any tool that we know. */
export const MAX_EXTERNAL_ID = 128;
/** 64 names: each becomes a factor of a score, and a reason must stay readable. */
export const MAX_FREE_VALUES = 64;
export const MAX_FREE_NAME = 64;
/** Long enough for a campaign's name or a page's title. */
export const MAX_FREE_TEXT = 200;
/** engagement and attributes of one lead, as UTF-8 JSON: a quarter of a log entry. */
export const MAX_FREE_BYTES = 16_384;
/** The wording of a consent, of two paragraphs at most. */
export const MAX_CONSENT_TEXT = 1_000;

function freeValues<T>(types: readonly string[], description: string): TUnsafe<Record<string, T | null> | null> {
  return Type.Unsafe({
    type: ['object', 'null'],
    additionalProperties: { type: [...types, 'null'], maxLength: MAX_FREE_TEXT },
    maxProperties: MAX_FREE_VALUES,
    description,
  });
}

export const ConsentInput = Type.Unsafe<
  boolean | string | { given: boolean; at?: string | null; text?: string | null } | null
>({
  type: ['boolean', 'string', 'object', 'null'],
  properties: {
    given: { type: 'boolean' },
    at: { type: ['string', 'null'], maxLength: 40, description: 'when it was given, as occurredAt is written' },
    text: { type: ['string', 'null'], maxLength: MAX_CONSENT_TEXT, description: 'the wording that was agreed to' },
  },
  required: ['given'],
  additionalProperties: false,
  maxLength: 10,
  description: 'true, or { given, at, text }; from a table also yes, no, true, false, 1, 0',
});

/** A lead as somebody sends it, in our names for things. Unknown fields are errors: a misspelt one would be lost. */
export const LeadInput = Type.Object(
  {
    externalId: optionalText(MAX_EXTERNAL_ID, 'the source’s own id of the lead; never an e-mail address'),
    source: optionalText(63, 'id of the source, where the request does not name it'),
    firstName: optionalText(100, 'given name'),
    lastName: optionalText(100, 'family name'),
    email: optionalText(320, 'one address, as one would write to it'),
    phone: optionalText(50, 'international, or national when the country is known'),
    company: optionalText(200, 'name of the company'),
    domain: optionalText(255, 'the company’s domain or web address'),
    country: optionalText(100, 'ISO 3166-1 code, or the country’s name'),
    region: optionalText(100, 'ISO 3166-2 code, or the region’s name when the country is known'),
    city: optionalText(100, 'city'),
    industry: optionalText(100, 'industry, in the vendor’s own words'),
    employees: optional<number | string>(['integer', 'string'], 'head count: 250, "1,000-5,000", "10k+"', {
      minimum: 0,
      maxLength: 50,
    }),
    revenue: optional<number | string>(['number', 'string'], 'yearly, whole units of money: 2000000, "$1M-$5M"', {
      minimum: 0,
      maxLength: 50,
    }),
    product: optionalText(100, 'product that the lead asked about'),
    message: optionalText(4_000, 'free text from the lead'),
    consent: Type.Optional(ConsentInput),
    occurredAt: optionalText(40, 'RFC 3339; a date or time without offset is UTC; now, when absent'),
    engagement: Type.Optional(freeValues<number | string>(['number', 'string'], 'what the lead did: numbers or words')),
    attributes: Type.Optional(
      freeValues<number | string | boolean>(['number', 'string', 'boolean'], 'what else is known'),
    ),
  },
  { additionalProperties: false, $id: 'LeadInput', description: 'A lead as it is sent' },
);
export type LeadInput = Static<typeof LeadInput>;

/** Every field of ours that a mapping may fill in a lead. `engagement.*` and `attributes.*` come on top. */
export const leadFields: ReadonlySet<string> = new Set(
  Object.keys(LeadInput.properties).filter((field) => field !== 'engagement' && field !== 'attributes'),
);

/** Only the history of deals that were closed elsewhere has these; a new lead has no outcome yet. */
export const historyFields: ReadonlySet<string> = new Set([
  'channel',
  'owner',
  'grade',
  'outcome',
  'outcomeAt',
  'contactedAt',
  'qualifiedAt',
  'reason',
  'amount',
  'currency',
]);

/** Whether the free values of a lead are small enough, in bytes; how many there are is another matter. */
export function fitsOneLead({
  engagement,
  attributes,
}: {
  readonly engagement: object;
  readonly attributes: object;
}): boolean {
  const free = JSON.stringify([engagement, attributes]);
  // A UTF-16 unit takes at most three bytes, so most leads need no counting.
  return free.length * 3 <= MAX_FREE_BYTES || utf8Length(free) <= MAX_FREE_BYTES;
}

/** Bytes of a well-formed text in UTF-8. */
function utf8Length(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const point = character.codePointAt(0) ?? 0;
    bytes += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
  }
  return bytes;
}

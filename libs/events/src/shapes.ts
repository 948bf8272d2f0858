import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';

// Words that several events share. Objects are closed, strings bounded, integers safe: an event must fit a log entry,
// and a misspelt field must fail where it is written, not where it is missed.

const closed = { additionalProperties: false } as const;

/** An object that has these fields and no others. */
export function object<P extends Record<string, TSchema>>(properties: P, description?: string) {
  return Type.Object(properties, { ...closed, ...(description !== undefined && { description }) });
}

/** One of these words. */
export function oneOf<const W extends readonly string[]>(...words: W): TUnsafe<W[number]> {
  return Type.Unsafe<W[number]>({ type: 'string', enum: words });
}

/** One of these words, or null. */
export function oneOfOrNull<const W extends readonly string[]>(...words: W): TUnsafe<W[number] | null> {
  return Type.Unsafe<W[number] | null>({ type: ['string', 'null'], enum: [...words, null] });
}

export function text(maxLength: number, description?: string) {
  return Type.String({ minLength: 1, maxLength, ...(description !== undefined && { description }) });
}

/** Any JSON object: documents that have a schema of their own, kept whole so that the log is complete without us. */
export function document(description: string): TUnsafe<Record<string, unknown>> {
  return Type.Unsafe<Record<string, unknown>>({ type: 'object', description });
}

export const Uuid = Type.String({ pattern: '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$' });

/** Milliseconds since the epoch, UTC, everywhere in `data`: decisions calculate with them. */
export const Timestamp = Type.Integer({
  minimum: 0,
  maximum: 253_402_300_799_999, // the last millisecond of the year 9999, where RFC 3339 ends
  description: 'milliseconds since 1970-01-01T00:00:00Z',
});

export const Count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
export const Ordinal = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });

/** A machine-readable reason or rule: `outside-territory`. */
export const Slug = Type.String({ pattern: '^[a-z][a-z0-9-]{0,62}$' });

export const PartyId = Type.String({
  pattern: '^[a-z0-9][a-z0-9-]{0,62}$',
  description: '`direct`, or the id of a partner',
});
export const SourceId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
export const ExternalId = text(255, 'the source’s own id of the lead');
export const FieldName = text(100);
export const DocumentName = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$' });
export const Actor = text(128, 'who did it: a key’s id or a service, never a person’s name');

/** SHA-256 of a document, lower-case hexadecimal. */
export const Hash = Type.String({ pattern: '^[0-9a-f]{64}$' });
export const Engine = text(128, 'content hash of the decisions library that decided');

export const Grade = oneOf('A', 'B', 'C', 'D');
export type Grade = 'A' | 'B' | 'C' | 'D';
export const GradeOrNull = oneOfOrNull('A', 'B', 'C', 'D');
export const LeadState = oneOf('graded', 'incomplete', 'not-qualified');
export type LeadState = 'graded' | 'incomplete' | 'not-qualified';

/** Why a lead was declined or returned: closed, so that reasons can be counted and compared. */
export const reasons = [
  'unable-to-reach',
  'inaccurate-data',
  'no-interest',
  'no-budget',
  'no-fit',
  'geo-mismatch',
  'product-mismatch',
  'not-ready',
  'spam',
  'duplicate',
  'capacity',
] as const;
export const Reason = oneOf(...reasons);
export type Reason = (typeof reasons)[number];

/** A free name; those by which an object would be tampered with are none. */
const name = '^(?!(?:__proto__|constructor|prototype)$)[^\\p{Cc}]{1,64}$';

/** Free names and plain values, at most 64: each becomes a factor of a score, and a reason must stay readable. */
export function values<T>(description: string, ...types: readonly string[]): TUnsafe<Record<string, T>> {
  return Type.Unsafe<Record<string, T>>({
    type: 'object',
    patternProperties: { [name]: { type: types, ...(types.includes('string') && { maxLength: 500 }) } },
    additionalProperties: false,
    maxProperties: 64,
    description,
  });
}

/** What decisions may look at. It stays in clear for ever, so that they replay; nobody's contact data belongs here. */
export const Facts = object(
  {
    company: Type.Optional(text(255)),
    companyDomain: Type.Optional(text(253, 'registrable domain, of a company’s address only')),
    country: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' })),
    region: Type.Optional(Type.String({ pattern: '^[A-Z]{2}-[A-Z0-9]{1,3}$', description: 'ISO 3166-2' })),
    city: Type.Optional(text(128)),
    industry: Type.Optional(text(128)),
    employees: Type.Optional(Count),
    revenue: Type.Optional(Count),
    product: Type.Optional(text(128)),
    emailKind: Type.Optional(oneOf('company', 'free', 'disposable', 'role')),
    engagement: values<number | string>('what the lead did, by our or their names', 'number', 'string'),
    attributes: values<number | string | boolean>('what else is known', 'number', 'string', 'boolean'),
  },
  'in clear: what decisions look at',
);
export type Facts = Static<typeof Facts>;

/** Personal data, encrypted with the lead's own key: AES-256-GCM, AAD = event id|lead id|field|key version. */
export const Sealed = object(
  {
    v: Type.Unsafe<1>({ type: 'integer', const: 1 }),
    key: Ordinal,
    nonce: Type.String({ pattern: '^[A-Za-z0-9+/]{16}$', description: '96 bits, base64' }),
    ciphertext: Type.String({
      pattern: '^[A-Za-z0-9+/]+={0,2}$',
      maxLength: 43_692, // 32 KiB in base64: half a log entry
      description: 'with its tag, base64',
    }),
  },
  'encrypted with the lead’s own key; unreadable for good once that key is deleted',
);
export type Sealed = Static<typeof Sealed>;

export const Reachable = object({ email: Type.Boolean(), phone: Type.Boolean() });
export type Reachable = Static<typeof Reachable>;
export const Consent = object({
  given: Type.Boolean(),
  at: Type.Optional(Timestamp),
  text: Type.Optional(text(2_000, 'the wording that was agreed to')),
});
export type Consent = Static<typeof Consent>;

/** What a person's consent comes to, for whoever decides: `unknown` where nobody has said anything of it. */
export const ConsentState = oneOf('given', 'refused', 'unknown');
export type ConsentState = 'given' | 'refused' | 'unknown';

/** At most 32: there are not more fields of ours that could be missing. */
export const Fields = Type.Array(FieldName, { maxItems: 32 });

/** 160: every free value of a lead, 64 of each kind, and every field of ours. */
export const ChangedFields = Type.Array(FieldName, {
  maxItems: 160,
  description: 'what is known now that was not, or is known otherwise: `engagement.visits`, `phone`',
});

/** By name of the engagement. */
export const EngagedAt = Type.Unsafe<Record<string, number>>({
  type: 'object',
  patternProperties: { [name]: Timestamp },
  additionalProperties: false,
  maxProperties: 64,
  description: 'when each kind of engagement was last done',
});
export type EngagedAt = Static<typeof EngagedAt>;

/**
 * A lead as it is known by all that was ever said about it. Whoever decides on it anew needs this one event and no memory of
 * those before; its contact is in those that told it.
 */
export const KnownLead = object({
  sourceId: SourceId,
  state: oneOf('complete', 'held'),
  missing: Fields,
  reachable: Reachable,
  facts: Facts,
  engagedAt: EngagedAt,
  consent: Type.Optional(Consent),
  receivedAt: Timestamp,
});
export type KnownLead = Static<typeof KnownLead>;

export const PolicyRef = object({ name: DocumentName, version: Ordinal, hash: Hash });
export type PolicyRef = Static<typeof PolicyRef>;
export const ModelRef = object({ name: DocumentName, version: Ordinal, hash: Hash });
export type ModelRef = Static<typeof ModelRef>;

/** 500: a batch; with the longest decision it fits an event. */
export const Noted = Type.Array(Uuid, {
  maxItems: 500,
  description: 'ids of the events that freed a place or gave credit back since the step before, in that order',
});

const stamp = {
  engine: Engine,
  policy: PolicyRef,
  model: Hash,
  roster: Hash,
  namedAccounts: Type.Optional(
    object(
      { list: DocumentName, version: Ordinal, hash: Hash },
      'the list that the pool reserves by, whether or not it had this account',
    ),
  ),
  protections: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'how many changes of claims on accounts came before; absent: none',
    }),
  ),
  pool: DocumentName,
  poolSeq: Type.Integer({
    minimum: 0,
    maximum: Number.MAX_SAFE_INTEGER,
    description: 'dense: no number of a pool is ever left out',
  }),
  step: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'dense over all pools: the one order in which the state was changed',
    }),
  ),
  noted: Type.Optional(Noted),
  now: Timestamp,
};

/** As decisions were stamped before they looked at consent. */
export const DecisionStampV1 = object(stamp);

/** With this, and the log, a routing decision can be taken again and must come out the same. */
export const DecisionStamp = object({
  ...stamp,
  consent: Type.Optional(
    Type.Unsafe<ConsentState>({
      ...ConsentState,
      description: 'what was known of the person’s consent; absent: it was decided before consent was looked at',
    }),
  ),
});
export type DecisionStamp = Static<typeof DecisionStamp>;

const Candidate = object({
  party: PartyId,
  refusals: Type.Array(Slug, { maxItems: 16 }),
  credit: Type.Optional(
    Type.Integer({ minimum: Number.MIN_SAFE_INTEGER, maximum: Number.MAX_SAFE_INTEGER, description: 'before' }),
  ),
});

/** The first twenty; the rest is recomputed on demand, because an event must fit a log entry. */
export const Considered = Type.Array(Candidate, { maxItems: 20 });
export type Considered = Static<typeof Considered>;

/** How many parties were refused for each reason, all of them counted. */
export const RefusedCounts = Type.Unsafe<Record<string, number>>({
  type: 'object',
  patternProperties: { '^[a-z][a-z0-9-]{0,62}$': { type: 'integer', minimum: 1 } },
  additionalProperties: false,
  maxProperties: 32,
});
export type RefusedCounts = Static<typeof RefusedCounts>;

export const Amount = object({
  value: Type.Number({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  currency: Type.String({ pattern: '^[A-Z]{3}$', description: 'ISO 4217' }),
});
export type Amount = Static<typeof Amount>;

export const EndpointId = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$' });

/** The type of another event; bounded, but open, because it may be one that nobody knows. */
export const EventType = text(128);

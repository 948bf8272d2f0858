// What Fairlead sends. Held by a test against webhooks that were really delivered: a field that is sent and not told here
// fails it, and so does one that is told here and not sent.

/** Why a lead is declined or returned: a closed list, so that reasons can be counted and compared. */
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
export type Reason = (typeof reasons)[number];

export type Grade = 'A' | 'B' | 'C' | 'D';

/** A moment in RFC 3339, UTC: `2026-01-31T09:30:00.000Z`. */
export type Instant = string;

/** Only what is known. It holds no contact data. */
export interface Facts {
  readonly company?: string;
  /** Registrable domain, of a company's address only. */
  readonly companyDomain?: string;
  /** ISO 3166-1 alpha-2 */
  readonly country?: string;
  /** ISO 3166-2 */
  readonly region?: string;
  readonly city?: string;
  readonly industry?: string;
  readonly employees?: number;
  readonly revenue?: number;
  readonly product?: string;
  readonly emailKind?: 'company' | 'free' | 'disposable' | 'role';
  readonly engagement: Readonly<Record<string, number | string>>;
  readonly attributes: Readonly<Record<string, number | string | boolean>>;
}

export interface Contact {
  readonly firstName?: string;
  readonly lastName?: string;
  readonly email?: string;
  /** E.164 */
  readonly phone?: string;
  readonly message?: string;
  /** What the person said otherwise later: another address or number, one more message. */
  readonly further?: readonly Omit<Contact, 'further'>[];
}

/** What the person agreed to. */
export interface Consent {
  readonly given: boolean;
  readonly at?: Instant;
  /** The wording. */
  readonly text?: string;
}

/** One of the things that a score is made of. */
export interface ScoreReason {
  readonly factor: string;
  readonly points: number;
  readonly reason: string;
}

export interface Amount {
  /** In major units: 1250.5 is one thousand two hundred and fifty and a half. */
  readonly value: number;
  /** ISO 4217 */
  readonly currency: string;
}

/** In every webhook. */
export interface About {
  /** Who is told: your own id. */
  readonly party: string;
  readonly lead: { readonly id: string };
  /** Where to answer, with your key; see `Answers`. */
  readonly answers: { readonly accept: string; readonly decline: string; readonly outcomes: string };
  /** A proof that the lead's events are in the log, for whoever wants to check it. */
  readonly receipt: string;
}

/** In the webhooks that describe the lead. */
export interface Described extends About {
  readonly lead: {
    readonly id: string;
    /** Null when Fairlead does not have them (any more), as of an erased lead. */
    readonly facts: Facts | null;
    /** There as far as you may have it now; null when the lead was erased. */
    readonly contact?: Contact | null;
    /** Comes with the contact, and only with it. */
    readonly consent?: Consent;
  };
  readonly state: 'graded' | 'incomplete' | 'not-qualified' | null;
  readonly grade: Grade | null;
  /** 0 to 100 */
  readonly score: number | null;
  readonly reasons: readonly ScoreReason[];
}

/** A webhook's body: a CloudEvent 1.0. Fields may be added; none is taken away or changes its meaning. */
export interface Event<Type extends string, Data> {
  readonly specversion: '1.0';
  /** Of what happened. Two endpoints are told of the same event under two webhook-ids. */
  readonly id: string;
  readonly source: string;
  readonly type: Type;
  /** The lead's id. */
  readonly subject: string;
  readonly time: Instant;
  readonly datacontenttype: 'application/json';
  /** W3C Trace Context */
  readonly traceparent?: string;
  readonly data: Data;
}

interface Answered {
  readonly offer: number;
  readonly at: Instant;
}

/** You are offered a lead: accept or decline it before `acceptBy`. */
export type LeadRouted = Event<
  'lead.routed',
  Described & {
    /** The first offer of a lead is 1. */
    readonly offer: number;
    readonly acceptBy: Instant;
    readonly why:
      'first' | 'declined' | 'expired' | 'consent-withdrawn' | 'consent-given' | 'recycled' | 'fallback' | 'override';
    readonly pool: string;
    readonly contactRevealed: 'on-offer' | 'on-accept';
  }
>;
/** You accepted the lead; its contact is shown now, if it was not before. */
export type LeadAccepted = Event<'lead.accepted', Described & Answered>;
/** Your offer ran out. */
export type LeadOfferExpired = Event<
  'lead.offer-expired',
  About & { readonly offer: number; readonly acceptBy: Instant }
>;
/** A person gave the lead to you, or took it from you, against the policy, and said why. */
export type LeadOverridden = Event<
  'lead.overridden',
  About & { readonly effect: 'gained' | 'lost'; readonly reason: string }
>;
export type LeadDeclined = Event<'lead.declined', About & Answered & { readonly reason: Reason }>;
export type LeadContacted = Event<'lead.contacted', About & Answered & { readonly reason?: string }>;
export type LeadQualified = Event<'lead.qualified', About & Answered & { readonly reason?: string }>;
export type LeadWon = Event<'lead.won', About & Answered & { readonly reason?: string; readonly amount?: Amount }>;
export type LeadLost = Event<'lead.lost', About & Answered & { readonly reason?: string; readonly amount?: Amount }>;
export type LeadReturned = Event<
  'lead.returned',
  About & Answered & { readonly reason: Reason; readonly amount?: Amount }
>;
/** An outcome in a correction; `at` is when it happened. */
export interface CorrectedOutcome {
  readonly type: 'contacted' | 'qualified' | 'won' | 'lost' | 'returned';
  readonly at: Instant;
  readonly reason?: string;
  readonly amount?: Amount;
}
/** What was reported of the lead was not right: not `was`, but `is`; null where nothing of the kind had happened. */
export type LeadAmended = Event<
  'lead.amended',
  About & Answered & { readonly was: CorrectedOutcome; readonly is: CorrectedOutcome | null }
>;
/** The lead that you returned is offered to somebody else. */
export type LeadRecycled = Event<'lead.recycled', About & { readonly reason: string; readonly at: Instant }>;
/**
 * You are reminded, as the vendor's policy says. `offer-ends`: you have not answered the offer, and can until `acceptBy`. `no-word`: you
 * have accepted the lead, and have reported nothing since `silentSince`. `number` counts these.
 */
export type LeadReminded = Event<
  'lead.reminded',
  About &
    Answered & {
      readonly what: 'offer-ends' | 'no-word';
      readonly number: number;
      readonly acceptBy?: Instant;
      readonly silentSince?: Instant;
    }
>;
/** The lead's personal data were erased, and what you have of them is to be erased, too. */
export type LeadErased = Event<'lead.erased', About & { readonly reason?: string }>;

/** Stands for every string that is none of the known types: the compiler has no word for that. It has no value at run time. */
declare enum AnotherType {
  any = 'any',
}
/**
 * Of a type that this version of the kit does not know. Answer 2xx and ignore it: Fairlead sends it because the endpoint
 * subscribed to it. Its `type` is the string that was sent; to the compiler it is none of the known ones.
 */
export type UnrecognisedEvent = Event<AnotherType, Readonly<Record<string, unknown>>>;

export type KnownEvent =
  | LeadRouted
  | LeadOfferExpired
  | LeadOverridden
  | LeadAccepted
  | LeadDeclined
  | LeadContacted
  | LeadQualified
  | LeadWon
  | LeadLost
  | LeadReturned
  | LeadAmended
  | LeadRecycled
  | LeadReminded
  | LeadErased;

/** Told apart by `type`. */
export type WebhookEvent = KnownEvent | UnrecognisedEvent;

/** What an endpoint can subscribe to, as far as this version of the kit knows. */
export const knownTypes = [
  'lead.routed',
  'lead.offer-expired',
  'lead.overridden',
  'lead.accepted',
  'lead.declined',
  'lead.contacted',
  'lead.qualified',
  'lead.won',
  'lead.lost',
  'lead.returned',
  'lead.amended',
  'lead.recycled',
  'lead.reminded',
  'lead.erased',
] as const satisfies readonly KnownEvent['type'][];

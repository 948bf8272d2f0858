import { Type } from '@sinclair/typebox';
import { object, oneOf, PartyId, text, Timestamp, Uuid } from './shapes.js';

// Words that the events about claims on accounts share.

/** A partner works a deal with the account, or the account is a customer that the vendor has entrusted to the partner. */
export const ClaimKind = oneOf('deal-registration', 'partner-of-record');

/** One of the two, or both. A domain is the registered one; a name counts without its legal form, case and punctuation. */
export const ClaimedAccount = Type.Object(
  { domain: Type.Optional(text(253)), company: Type.Optional(text(255)) },
  { additionalProperties: false, minProperties: 1 },
);

/** What a claim is about, and whose it is. */
export const claimed = {
  claim: Uuid,
  kind: ClaimKind,
  partner: PartyId,
  account: ClaimedAccount,
};

/** Leads of the account are the partner's from here on, and no longer from `until` on; absent: until somebody ends it. */
export const term = { from: Timestamp, until: Type.Optional(Timestamp) };

/** Whose the account was already. */
export const Conflict = Type.Union([
  object({ with: ClaimKind, claim: Uuid, partner: PartyId, ...term }),
  object({
    with: oneOf('named-account'),
    list: text(63),
    version: Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER }),
    entry: text(255),
    ...term,
  }),
]);

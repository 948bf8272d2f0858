import { Type } from '@sinclair/typebox';
import { ClaimKind } from './account-claim.js';
import { defineEvent, type EventOf } from './define-event.js';
import {
  Considered,
  DecisionStamp,
  DecisionStampV1,
  DocumentName,
  GradeOrNull,
  object,
  oneOf,
  Ordinal,
  PartyId,
  RefusedCounts,
  Slug,
  text,
  Timestamp,
  Uuid,
} from './shapes.js';

const NamedAccount = object({
  list: DocumentName,
  version: Ordinal,
  entry: text(255, 'the domain or company that matched'),
});

/** A partner's claim on the lead's company. `refusals`: why that partner could not take the lead, which then was everybody's. */
const ProtectedAccount = object({
  claim: Uuid,
  kind: ClaimKind,
  partner: PartyId,
  entry: text(255, 'the domain or company that matched'),
  from: Timestamp,
  until: Type.Optional(Timestamp),
  refusals: Type.Array(Slug, { maxItems: 16 }),
});

const offered = {
  to: PartyId,
  grade: GradeOrNull,
  offer: Type.Integer({ minimum: 1, description: 'the first offer of this lead is 1' }),
  acceptBy: Timestamp,
  revealContact: oneOf('on-offer', 'on-accept'),
};
const told = {
  protectedAccount: Type.Optional(ProtectedAccount),
  namedAccount: Type.Optional(NamedAccount),
  aboveCeiling: Type.Optional(NamedAccount),
};
const considered = { considered: Considered, refusedCounts: RefusedCounts };

/**
 * Routing offered the lead. `grade` is null for a lead that goes on although something is missing. `namedAccount`: a list
 * reserves it for direct; `aboveCeiling`: it would, but has had its share of this grade, and the lead is everybody's.
 */
const LeadRoutedV1 = defineEvent(
  'lead.routed',
  1,
  object({
    ...offered,
    why: oneOf('first', 'declined', 'expired', 'fallback', 'override'),
    ...told,
    decided: DecisionStampV1,
    ...considered,
  }),
);

/**
 * Routing offered the lead. `grade` is null for a lead that goes on although something is missing. `namedAccount`: a list
 * reserves it for direct; `aboveCeiling`: it would, but has had its share of this grade, and the lead is everybody's.
 * `consent-withdrawn`: whoever had it had not answered yet, and may not have it any more; `consent-given`: it was offered before,
 * and then nobody could have it until the person agreed.
 */
const LeadRoutedV2 = defineEvent(
  'lead.routed',
  2,
  object({
    ...offered,
    why: oneOf('first', 'declined', 'expired', 'consent-withdrawn', 'consent-given', 'fallback', 'override'),
    ...told,
    decided: DecisionStamp,
    ...considered,
  }),
  { upcast: { from: LeadRoutedV1, with: (data) => data } },
);

/**
 * Routing offered the lead. `grade` is null for a lead that goes on although something is missing. `namedAccount`: a list
 * reserves it for direct; `aboveCeiling`: it would, but has had its share of this grade, and the lead is everybody's.
 * `consent-withdrawn`: whoever had it had not answered yet, and may not have it any more; `consent-given`: it was offered before,
 * and then nobody could have it until the person agreed; `recycled`: it was returned, and is offered anew to those who have not refused it.
 */
export const LeadRouted = defineEvent(
  'lead.routed',
  3,
  object({
    ...offered,
    why: oneOf(
      'first',
      'declined',
      'expired',
      'consent-withdrawn',
      'consent-given',
      'recycled',
      'fallback',
      'override',
    ),
    ...told,
    decided: DecisionStamp,
    ...considered,
  }),
  { upcast: { from: LeadRoutedV2, with: (data) => data } },
);
export type LeadRouted = EventOf<typeof LeadRouted>;

import { Type } from '@sinclair/typebox';
import { ClaimKind } from './account-claim.js';
import { defineEvent, type EventOf } from './define-event.js';
import {
  Considered,
  DecisionStamp,
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

/**
 * Routing offered the lead. `grade` is null for a lead that goes on although something is missing. `namedAccount`: a list
 * reserves it for direct; `aboveCeiling`: it would, but has had its share of this grade, and the lead is everybody's.
 */
export const LeadRouted = defineEvent(
  'lead.routed',
  1,
  object({
    to: PartyId,
    grade: GradeOrNull,
    offer: Type.Integer({ minimum: 1, description: 'the first offer of this lead is 1' }),
    acceptBy: Timestamp,
    revealContact: oneOf('on-offer', 'on-accept'),
    why: oneOf('first', 'declined', 'expired', 'fallback', 'override'),
    protectedAccount: Type.Optional(ProtectedAccount),
    namedAccount: Type.Optional(NamedAccount),
    aboveCeiling: Type.Optional(NamedAccount),
    decided: DecisionStamp,
    considered: Considered,
    refusedCounts: RefusedCounts,
  }),
);
export type LeadRouted = EventOf<typeof LeadRouted>;

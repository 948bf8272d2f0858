import { Type } from '@sinclair/typebox';
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
  text,
  Timestamp,
} from './shapes.js';

const NamedAccount = object({
  list: DocumentName,
  version: Ordinal,
  entry: text(255, 'the domain or company that matched'),
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
    namedAccount: Type.Optional(NamedAccount),
    aboveCeiling: Type.Optional(NamedAccount),
    decided: DecisionStamp,
    considered: Considered,
    refusedCounts: RefusedCounts,
  }),
);
export type LeadRouted = EventOf<typeof LeadRouted>;

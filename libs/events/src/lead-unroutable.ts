import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Considered, DecisionStamp, GradeOrNull, object, oneOf, RefusedCounts, Slug } from './shapes.js';

/** Routing found nobody to offer the lead to, and says why each candidate was refused. */
export const LeadUnroutable = defineEvent(
  'lead.unroutable',
  1,
  object({
    reason: Slug,
    then: Type.Optional(oneOf('nurture')),
    grade: GradeOrNull,
    decided: DecisionStamp,
    considered: Considered,
    refusedCounts: RefusedCounts,
  }),
);
export type LeadUnroutable = EventOf<typeof LeadUnroutable>;

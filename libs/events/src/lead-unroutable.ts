import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  Considered,
  DecisionStamp,
  DecisionStampV1,
  GradeOrNull,
  object,
  oneOf,
  RefusedCounts,
  Slug,
} from './shapes.js';

const nobody = { reason: Slug, then: Type.Optional(oneOf('nurture')), grade: GradeOrNull };
const considered = { considered: Considered, refusedCounts: RefusedCounts };

/** Routing found nobody to offer the lead to, and says why each candidate was refused. */
const LeadUnroutableV1 = defineEvent(
  'lead.unroutable',
  1,
  object({ ...nobody, decided: DecisionStampV1, ...considered }),
);

/**
 * Routing found nobody to offer the lead to, and says why each candidate was refused. `no-consent`: somebody could have it, if the
 * person agreed; it is offered once they do.
 */
export const LeadUnroutable = defineEvent(
  'lead.unroutable',
  2,
  object({ ...nobody, decided: DecisionStamp, ...considered }),
  { upcast: { from: LeadUnroutableV1, with: (data) => data } },
);
export type LeadUnroutable = EventOf<typeof LeadUnroutable>;

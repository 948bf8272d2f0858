import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { ExternalId, FieldName, object, Slug, SourceId } from './shapes.js';

/** Ingestion could not use what it was sent. Fields and rules only: the values may be anybody's personal data. */
export const LeadRejected = defineEvent(
  'lead.rejected',
  1,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    // 50: enough to correct a row by; a row that is wrong in more ways is not a lead.
    errors: Type.Array(object({ field: FieldName, rule: Slug }), { minItems: 1, maxItems: 50 }),
  }),
);
export type LeadRejected = EventOf<typeof LeadRejected>;

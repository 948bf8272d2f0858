import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { ExternalId, FieldName, object, Ordinal, Slug, SourceId } from './shapes.js';

// 50: enough to correct a row by; a row that is wrong in more ways is not a lead.
const Errors = Type.Array(object({ field: FieldName, rule: Slug }), { minItems: 1, maxItems: 50 });

/** Ingestion could not use what it was sent. Fields and rules only: the values may be anybody's personal data. */
const LeadRejectedV1 = defineEvent(
  'lead.rejected',
  1,
  object({ sourceId: SourceId, externalId: Type.Optional(ExternalId), errors: Errors }),
);

/**
 * Ingestion could not use what it was sent. Fields and rules only: the values may be anybody's personal data. Of a request with many
 * such rows the first have an event each; then one stands for itself and for `further` ones of the same request.
 */
export const LeadRejected = defineEvent(
  'lead.rejected',
  2,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    errors: Errors,
    further: Type.Optional(
      object({
        rows: Ordinal,
        // As many as there are rules of ours, and more than a part of a request can break.
        rules: Type.Array(object({ field: FieldName, rule: Slug, rows: Ordinal }), {
          maxItems: 50,
          description: 'how many of these rows break which rule where, the most frequent first',
        }),
      }),
    ),
  }),
  { upcast: { from: LeadRejectedV1, with: (data) => data } },
);
export type LeadRejected = EventOf<typeof LeadRejected>;

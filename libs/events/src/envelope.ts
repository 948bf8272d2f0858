import { Type } from '@sinclair/typebox';
import { text, Uuid } from './shapes.js';
import { schemaViolation } from './validator.js';

/**
 * CloudEvents 1.0 attributes of our events. Attributes that we do not know may be there (the specification lets anybody
 * on the way add some) and are not handed on.
 */
export const Envelope = Type.Object({
  specversion: Type.Literal('1.0'),
  id: Uuid,
  source: Type.String({ pattern: '^/[a-z][a-z0-9/-]{0,62}$', description: 'the service that says it: /routing' }),
  type: text(128),
  subject: text(255, 'the lead’s id; for control events the document’s name or id'),
  time: Type.String({
    pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$',
    description: 'RFC 3339, UTC, milliseconds',
  }),
  datacontenttype: Type.Literal('application/json'),
  dataschema: text(255, 'urn:fairlead:<type>:<version>'),
  partitionkey: text(255, 'key of the Kafka record'),
  traceparent: Type.Optional(Type.String({ pattern: '^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$' })),
  data: Type.Unsafe<Record<string, unknown>>({ type: 'object' }),
});

export function envelopeViolation(envelope: unknown): string | undefined {
  return schemaViolation(Envelope, envelope);
}

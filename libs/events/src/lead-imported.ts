import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  Amount,
  DocumentName,
  ExternalId,
  Facts,
  GradeOrNull,
  object,
  oneOf,
  Ordinal,
  PartyId,
  Reason,
  SourceId,
  Timestamp,
} from './shapes.js';

/**
 * A deal that was routed and closed elsewhere, as its source tells it. Told again with a higher `revision`, it replaces what was
 * told before. It is no decision, and nobody is notified of it. No contact data come with it.
 */
export const LeadImported = defineEvent(
  'lead.imported',
  1,
  object({
    sourceId: SourceId,
    externalId: ExternalId,
    revision: Ordinal,
    facts: Facts,
    party: PartyId,
    pool: DocumentName,
    policy: Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}@[1-9][0-9]{0,14}$', description: 'name@version' }),
    grade: GradeOrNull,
    occurredAt: Timestamp,
    outcome: oneOf('open', 'contacted', 'qualified', 'won', 'lost', 'returned'),
    contactedAt: Type.Optional(Timestamp),
    qualifiedAt: Type.Optional(Timestamp),
    closedAt: Type.Optional(Timestamp),
    reason: Type.Optional(Reason),
    amount: Type.Optional(Amount),
  }),
);
export type LeadImported = EventOf<typeof LeadImported>;

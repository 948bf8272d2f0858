import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  ChangedFields,
  ExternalId,
  KnownLead,
  object,
  oneOf,
  Ordinal,
  Slug,
  SourceId,
  Timestamp,
  values,
} from './shapes.js';

/**
 * Somebody known did something: opened a mail, came back to a page, gained points. `adds` was added to `facts.engagement`,
 * `sets` was set there. `known` is the lead after it: absent where that was not kept, as of leads that came in before it was.
 */
export const LeadEngaged = defineEvent(
  'lead.engaged',
  1,
  object({
    sourceId: SourceId,
    externalId: Type.Optional(ExternalId),
    matchedBy: oneOf('externalId', 'email', 'phone'),
    activity: Slug,
    adds: values<number>('how much more there is of each kind of engagement', 'integer'),
    sets: values<number | string>('what each kind of engagement is from now on', 'number', 'string'),
    occurredAt: Timestamp,
    touch: Ordinal,
    changed: ChangedFields,
    known: Type.Optional(KnownLead),
  }),
);
export type LeadEngaged = EventOf<typeof LeadEngaged>;

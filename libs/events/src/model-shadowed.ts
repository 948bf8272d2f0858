import { defineEvent, type EventOf } from './define-event.js';
import { Actor, document, DocumentName, Hash, object, Ordinal } from './shapes.js';

/** From here on, leads are scored with this model too, in shadow: what it says is told and decides nothing. One at a time. */
export const ModelShadowed = defineEvent(
  'model.shadowed',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    model: document('the whole model, so that the log is complete without us'),
    actor: Actor,
  }),
  { topic: 'control' },
);
export type ModelShadowed = EventOf<typeof ModelShadowed>;

import { defineEvent, type EventOf } from './define-event.js';
import { Actor, document, DocumentName, Hash, object, Ordinal } from './shapes.js';

/** From here on, leads are scored with this model. */
export const ModelActivated = defineEvent(
  'model.activated',
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
export type ModelActivated = EventOf<typeof ModelActivated>;

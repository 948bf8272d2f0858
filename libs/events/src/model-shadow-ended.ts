import { defineEvent, type EventOf } from './define-event.js';
import { Actor, DocumentName, Hash, object, Ordinal } from './shapes.js';

/** From here on, no model is asked in shadow. */
export const ModelShadowEnded = defineEvent(
  'model.shadow-ended',
  1,
  object({ name: DocumentName, version: Ordinal, hash: Hash, actor: Actor }),
  { topic: 'control' },
);
export type ModelShadowEnded = EventOf<typeof ModelShadowEnded>;

import { defineEvent, type EventOf } from './define-event.js';
import { Noted, object, Ordinal } from './shapes.js';

/**
 * Routing took note of answers that led to no decision: more of them than the next decision could tell. It takes a step of
 * the order that decisions are in.
 */
export const AnswersNoted = defineEvent('answers.noted', 1, object({ step: Ordinal, noted: Noted }), {
  topic: 'control',
});
export type AnswersNoted = EventOf<typeof AnswersNoted>;

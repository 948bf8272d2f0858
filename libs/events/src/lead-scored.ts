import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  Engine,
  Facts,
  Fields,
  GradeOrNull,
  LeadState,
  ModelRef,
  object,
  oneOf,
  Reachable,
  SourceId,
  text,
  Timestamp,
} from './shapes.js';

const Points = Type.Integer({ minimum: -100_000, maximum: 100_000 });

/** Scoring judged the lead. It carries what routing decides on, so that routing needs to ask nobody. */
export const LeadScored = defineEvent(
  'lead.scored',
  1,
  object({
    state: LeadState,
    grade: GradeOrNull,
    score: Type.Integer({ minimum: 0, maximum: 100 }),
    fit: Points,
    engagement: Points,
    // 100: a model has at most as many factors as a lead has facts, engagement and attributes worth weighing.
    contributions: Type.Array(object({ factor: text(100), points: Points, reason: text(300) }), { maxItems: 100 }),
    missing: Fields,
    model: ModelRef,
    engine: Engine,
    now: Timestamp,
    sourceId: SourceId,
    facts: Facts,
    reachable: Reachable,
    consentGiven: Type.Boolean(),
    receivedAt: Timestamp,
    cause: oneOf('received', 'completed'),
  }),
);
export type LeadScored = EventOf<typeof LeadScored>;

import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import {
  ConsentState,
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

const Score = Type.Integer({ minimum: 0, maximum: 100 });
const Probability = Type.Integer({
  minimum: 0,
  maximum: 1_000_000,
  description: 'parts per million: how likely the model takes a sale to be; absent where a model does not estimate it',
});

const judgement = {
  state: LeadState,
  grade: GradeOrNull,
  score: Score,
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
};

/** Scoring judged the lead. It carries what routing decides on, so that routing needs to ask nobody. */
const LeadScoredV1 = defineEvent(
  'lead.scored',
  1,
  object({ ...judgement, receivedAt: Timestamp, cause: oneOf('received', 'completed') }),
);

const estimate = {
  probability: Type.Optional(Probability),
  shadow: Type.Optional(
    object(
      {
        model: ModelRef,
        state: LeadState,
        grade: GradeOrNull,
        score: Score,
        probability: Type.Optional(Probability),
      },
      'what the challenger that ran beside the model would have said; nothing follows from it',
    ),
  ),
};

/**
 * Scoring judged the lead, or judged it again after it was merged with another or did something. It carries what routing
 * decides on, so that routing needs to ask nobody; what a model in shadow would have said is told and decides nothing.
 */
const LeadScoredV2 = defineEvent(
  'lead.scored',
  2,
  object({
    ...judgement,
    receivedAt: Timestamp,
    ...estimate,
    cause: oneOf('received', 'completed', 'merged', 'engaged'),
  }),
  // Whatever was told then had no probability and no shadow.
  { upcast: { from: LeadScoredV1, with: (judged) => judged } },
);

/**
 * Scoring judged the lead, or judged it again after it was merged with another, did something, agreed or no longer agreed.
 * It carries what routing decides on, so that routing needs to ask nobody; what a model in shadow would have said is told and
 * decides nothing. `consent` is absent where it was told before a refusal was told from silence.
 */
export const LeadScored = defineEvent(
  'lead.scored',
  3,
  object({
    ...judgement,
    consent: Type.Optional(ConsentState),
    receivedAt: Timestamp,
    ...estimate,
    cause: oneOf('received', 'completed', 'merged', 'engaged', 'consent', 'split'),
  }),
  { upcast: { from: LeadScoredV2, with: (judged) => judged } },
);
export type LeadScored = EventOf<typeof LeadScored>;

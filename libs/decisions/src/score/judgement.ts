import type { DataOf, LeadScored } from '@fairlead/events';

export type Scored = DataOf<typeof LeadScored>;
export type Contribution = Scored['contributions'][number];

/** What a model makes of a lead, before its rules and limits are applied. */
export interface Judgement {
  /** 0 to 100, and the sum of both sides. */
  readonly score: number;
  readonly fit: number;
  readonly engagement: number;
  /** They add up to the score. */
  readonly contributions: readonly Contribution[];
  /** The model's fields that are not known. */
  readonly missing: readonly string[];
  /** Parts per million. */
  readonly probability?: number;
}

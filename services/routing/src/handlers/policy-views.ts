import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Caller } from '@fairlead/platform';
import type { EndedPlan, Plan, PlanOutcome } from '../store/activations.store.js';
import type { Proposal, ProposalState } from '../store/proposals.store.js';
import type { PolicyVersion, Scope, Span, StoredPolicy } from '../store/policies.store.js';

export class SpanView {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: before this was kept.' })
  from: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: it still is in force.' })
  until: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The key that activated it.' }) by: string | null;
  @ApiPropertyOptional({ description: 'The key of the second person, where it took two: the first one proposed it.' })
  approvedBy?: string;
}

export class PlanView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiProperty({ description: 'The key that planned it.' }) by: string;
  @ApiPropertyOptional({ description: 'The key of the second person, where it took two.' }) approvedBy?: string;
}

const PLAN_OUTCOMES = ['done', 'cancelled', 'proposed'] satisfies PlanOutcome[];

export class EndedPlanView extends PlanView {
  @ApiProperty({
    enum: PLAN_OUTCOMES,
    description:
      '`proposed`: one person had planned it, and when its time came it took two: it is among the proposals since.',
  })
  outcome: PlanOutcome;
  @ApiProperty({ format: 'date-time' }) endedAt: string;
  @ApiProperty({ description: 'The key that cancelled it; `fairlead` where its time had come.' }) endedBy: string;
}

const PROPOSAL_STATES = ['waiting', 'approved', 'rejected', 'overtaken'] satisfies ProposalState[];

export class ProposalView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Which version would be in force. Null: that no second person is needed any more.',
  })
  version: number | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'When; null: once it is approved.' })
  at: string | null;
  @ApiProperty({ description: 'The key that proposed it.' }) proposedBy: string;
  @ApiProperty({ format: 'date-time' }) proposedAt: string;
  @ApiProperty({
    enum: PROPOSAL_STATES,
    description: '`overtaken`: another version was put in force since, so that it cannot be approved any more.',
  })
  state: ProposalState;
  @ApiPropertyOptional({ description: 'The key that approved or rejected it.' }) endedBy?: string;
  @ApiPropertyOptional({ format: 'date-time' }) endedAt?: string;
  @ApiPropertyOptional({ description: 'Why it was rejected.' }) reason?: string;
}

export class PolicyView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'SHA-256 of the document’s canonical JSON (RFC 8785), as every decision names it.' })
  hash: string;
  @ApiProperty({ description: 'Whether leads are distributed under this version now.' }) active: boolean;
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ description: 'The key that wrote it.' }) createdBy: string;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) document?: object;
}

export class PolicyVersionView extends PolicyView {
  @ApiProperty({ type: [SpanView], description: 'When it was in force, the latest first, at most twenty times.' })
  inForce: SpanView[];
}

/** A partner reads what leads were ever distributed under; drafts are the vendor’s own. */
export function scopeOf({ role }: Caller): Scope {
  return role === 'partner' ? 'published' : 'all';
}

export function shownPolicy(policy: PolicyVersion | StoredPolicy): PolicyView {
  const { name, version, hash, active, createdAt, createdBy } = policy;
  const written = { createdAt: createdAt.toISOString(), createdBy };
  return { name, version, hash, active, ...written, ...('document' in policy && { document: policy.document }) };
}

export function shownVersion(policy: PolicyVersion | StoredPolicy, spans: readonly Span[] = []): PolicyVersionView {
  return { ...shownPolicy(policy), inForce: spans.map(shownSpan) };
}

export function shownPlan({ id, version, at, by, approvedBy }: Plan): PlanView {
  return { id, version, at: at.toISOString(), by, ...(approvedBy !== null && { approvedBy }) };
}

export function shownEndedPlan({ outcome, endedAt, endedBy, ...plan }: EndedPlan): EndedPlanView {
  return { ...shownPlan(plan), outcome, endedAt: endedAt.toISOString(), endedBy };
}

export function shownProposal({ endedAt, endedBy, reason, ...proposal }: Proposal): ProposalView {
  const { id, version, at, proposedBy, proposedAt, state } = proposal;
  return {
    ...{ id, version, at: at?.toISOString() ?? null, proposedBy, proposedAt: proposedAt.toISOString(), state },
    ...(endedBy !== null && { endedBy }),
    ...(endedAt !== null && { endedAt: endedAt.toISOString() }),
    ...(reason !== null && { reason }),
  };
}

export function shownSpan({ from, until, by, approvedBy }: Span): SpanView {
  // Two machines' clocks: an end is never shown before its beginning.
  const end = until && from && until < from ? from : until;
  const times = { from: from?.toISOString() ?? null, until: end?.toISOString() ?? null };
  return { ...times, by, ...(approvedBy !== null && { approvedBy }) };
}

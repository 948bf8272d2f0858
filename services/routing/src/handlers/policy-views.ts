import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { Caller } from '@fairlead/platform';
import type { PolicyVersion, Scope, Span, StoredPolicy } from '../store/policies.store.js';

export class SpanView {
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: before this was kept.' })
  from: string | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: it still is in force.' })
  until: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The key that activated it.' }) by: string | null;
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

export function shownSpan({ from, until, by }: Span): SpanView {
  // Two machines' clocks: an end is never shown before its beginning.
  const end = until && from && until < from ? from : until;
  return { from: from?.toISOString() ?? null, until: end?.toISOString() ?? null, by };
}

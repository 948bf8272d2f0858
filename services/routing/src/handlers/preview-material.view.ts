import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AccountView } from './named-accounts.controller.js';

export class WrittenPolicyView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'SHA-256 of the document’s canonical JSON (RFC 8785).' }) hash: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) document: object;
}

export class WrittenPartnerView {
  @ApiProperty() id: string;
  @ApiProperty({ type: 'object', additionalProperties: true }) document: object;
}

export class ListExcerptView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'Of the whole list.' }) hash: string;
  @ApiProperty({ type: [AccountView], description: 'Those that reserve the company of one of the leads when it came.' })
  entries: readonly AccountView[];
}

export class MetAccountView {
  @ApiPropertyOptional() domain?: string;
  @ApiPropertyOptional() company?: string;
}

export class MetClaimView {
  @ApiProperty() id: string;
  @ApiProperty({ enum: ['deal-registration', 'partner-of-record'] }) kind: string;
  @ApiProperty() partner: string;
  @ApiProperty({ type: MetAccountView }) account: MetAccountView;
  @ApiProperty({ type: 'integer', description: 'Milliseconds since the epoch.' }) from: number;
  @ApiPropertyOptional({ type: 'integer' }) until?: number;
}

export class MetProtectionsView {
  @ApiProperty({ type: 'integer', description: 'How many changes of claims there were.' }) version: number;
  @ApiProperty({ type: [MetClaimView], description: 'Those on the company of one of the leads when it came.' })
  claims: readonly MetClaimView[];
}

export class UndecidedLeadView {
  @ApiProperty({ enum: ['graded', 'not-qualified', 'incomplete'] }) state: string;
  @ApiProperty({ enum: ['A', 'B', 'C', 'D'], nullable: true, type: String }) grade: string | null;
  @ApiProperty() sourceId: string;
  @ApiProperty({ description: 'Of the model that graded it.' }) model: string;
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    description: 'As its events have them in clear: company, place, size, product, and what else is known.',
  })
  facts: object;
  @ApiPropertyOptional({ enum: ['given', 'refused', 'unknown'] }) consent?: string;
}

export class DatedLeadView {
  @ApiProperty({ type: 'integer', description: 'When it came, in milliseconds since the epoch.' }) at: number;
  @ApiProperty({ type: UndecidedLeadView }) lead: UndecidedLeadView;
}

export class PreviewMaterialView {
  @ApiProperty({ description: 'Content hash of the functions that decide here, as every decision names it.' })
  engine: string;
  @ApiProperty({ type: WrittenPolicyView }) proposed: WrittenPolicyView;
  @ApiProperty({ type: WrittenPolicyView }) inForce: WrittenPolicyView;
  @ApiProperty({ type: [WrittenPartnerView] }) partners: readonly WrittenPartnerView[];
  @ApiProperty({ type: [ListExcerptView] }) namedAccounts: readonly ListExcerptView[];
  @ApiProperty({ type: MetProtectionsView }) protections: MetProtectionsView;
  @ApiProperty({ type: [DatedLeadView], description: 'In the order in which they came.' })
  leads: readonly DatedLeadView[];
}

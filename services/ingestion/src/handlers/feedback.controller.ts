import { Controller, Get, Param, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, ApiPage, type Caller, CurrentCaller, invalidInput, notFound, pageLimit } from '@fairlead/platform';
import { feedbackEvents, type FeedbackEntry, type ToldOutcome } from '../feedback/entry.js';
import { FeedbackStore } from '../store/feedback.store.js';
import { SourcesStore } from '../store/sources.store.js';

/** As `next` says it. */
const POSITION = /^\d{1,18}$/;

export class FeedbackAmount {
  @ApiProperty() value: number;
  @ApiProperty({ description: 'ISO 4217' }) currency: string;
}

export class FeedbackOutcome implements ToldOutcome {
  @ApiProperty({ enum: ['contacted', 'qualified', 'won', 'lost', 'returned'] }) type: ToldOutcome['type'];
  @ApiPropertyOptional() reason?: string;
  @ApiPropertyOptional() amount?: FeedbackAmount;
}

export class FeedbackEntryView implements FeedbackEntry {
  @ApiProperty({ format: 'uuid', description: 'The same whenever and however it is told.' }) id: string;
  @ApiProperty({ enum: feedbackEvents }) type: string;
  @ApiProperty({ format: 'uuid' }) lead: string;
  @ApiPropertyOptional({ description: 'What the source calls the lead.' }) externalId?: string;
  @ApiProperty({ format: 'date-time' }) at: string;
  @ApiPropertyOptional({ type: [String], description: 'Fields that the lead lacks.' }) missing?: readonly string[];
  @ApiPropertyOptional({ format: 'date-time', description: 'Until when it waits for them.' }) until?: string;
  @ApiPropertyOptional({ enum: ['supplied', 'hold-expired'], description: 'Why a held lead went on.' }) by?: string;
  @ApiPropertyOptional({ description: 'Why it was declined, returned, lost, …' }) reason?: string;
  @ApiPropertyOptional() amount?: FeedbackAmount;
  @ApiPropertyOptional({
    type: FeedbackOutcome,
    description: 'Of a correction: what was told before and is not right.',
  })
  was?: FeedbackOutcome;
  @ApiPropertyOptional({
    type: FeedbackOutcome,
    nullable: true,
    description: 'Of a correction: what is right; null where nothing of the kind had happened.',
  })
  is?: FeedbackOutcome | null;
}

export class FeedbackPage {
  @ApiProperty({ type: [FeedbackEntryView] }) entries: readonly FeedbackEntryView[];
  @ApiProperty({
    pattern: '^[0-9]+$',
    description: 'Give this as `after`: at once when the page is full, and else whenever you look again.',
  })
  next: string;
}

/** What became of the leads of a source. */
@ApiTags('sources')
@ApiBearerAuth()
@ApiParam({ name: 'sourceId' })
@Controller('v1/sources/:sourceId/feedback')
export class FeedbackController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly sources: SourcesStore,
    private readonly feedback: FeedbackStore,
  ) {}

  @Get()
  @Allow('source', 'manager', 'admin')
  @ApiOperation({
    summary: 'What became of what a source sent',
    description:
      'In the order in which it was said: held for want of what, completed, accepted, declined, contacted, qualified, won, lost, ' +
      'returned, corrected. By the source’s own id of the lead and by ours. What was rejected or known was answered when it was sent. A ' +
      'source’s key reads its own.',
  })
  @ApiPage(POSITION)
  @ApiResponse({ status: 200, type: FeedbackPage })
  @ApiResponse({ status: 404, description: 'There is no such source, or it is not yours.' })
  async page(
    @Param('sourceId') id: string,
    @CurrentCaller() { role, sourceId }: Caller,
    @Query('after') after: unknown = '0',
    @Query('limit') limit?: unknown,
  ): Promise<FeedbackPage> {
    if (typeof after !== 'string' || !POSITION.test(after))
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const size = pageLimit(limit);
    const source = role === 'source' && sourceId !== id ? undefined : await this.sources.find(id);
    if (!source) throw notFound('source');
    const page = await this.feedback.page(this.units.query, id, { after, limit: size });
    return { entries: page.map(({ entry }) => entry), next: page.at(-1)?.position ?? after };
  }
}

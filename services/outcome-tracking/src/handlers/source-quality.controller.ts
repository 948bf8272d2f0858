import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, type FieldError, invalidInput, notFound } from '@fairlead/platform';
import { sourceQuality } from '../quality/source-quality.js';
import { SourceQualityView } from '../quality/source-quality-view.js';
import { SourceQualityStore } from '../store/source-quality.store.js';
import { isDay } from './day.js';
import { orRefusal } from './or-refusal.js';
import { ApiReport } from './report-api.js';

const SOURCE = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;
const ATTRIBUTE = /^[^\p{Cc}]{1,64}$/u;
const DAY_MS = 86_400_000;
/** A quarter: long enough for most of it to have come to an end. */
const DEFAULT_DAYS = 90;

/** What the leads of a source were worth, as it turned out. */
@ApiTags('sources')
@ApiBearerAuth()
@ApiParam({ name: 'sourceId' })
@Controller('v1/sources/:sourceId/quality')
export class SourceQualityController {
  constructor(
    private readonly reads: Reads,
    private readonly quality: SourceQualityStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'source')
  @ApiOperation({
    summary: 'What became of a source’s leads, all of them and by campaign, and how well they were judged',
    description:
      'Of leads received in the period, whatever became of them since: young leads have not had the time of old ones. Each rate has its ' +
      'denominator and its 95 % Wilson interval. The calibration holds grade, score and predicted probability against what became of ' +
      'the leads that somebody accepted. A source’s key reads its own.',
  })
  @ApiReport({
    from: 'First day (UTC); 90 days ago, when nothing is said.',
    to: 'Last day (UTC), included; today.',
  })
  @ApiQuery({
    name: 'campaign',
    required: false,
    description: 'The attribute that tells campaigns apart; `campaign`, when nothing is said.',
    schema: { type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,64}$' },
  })
  @ApiResponse({ status: 200, type: SourceQualityView })
  @ApiResponse({ status: 404, description: 'The source is not yours.' })
  async of(
    @Param('sourceId') source: string,
    @Query() query: Record<string, unknown>,
    @CurrentCaller() { role, sourceId }: Caller,
  ): Promise<SourceQualityView> {
    // Of a source that never sent anything nothing is known here, as of one that is not there.
    if (!SOURCE.test(source) || (role === 'source' && sourceId !== source)) throw notFound('source');
    const now = Date.now();
    const { from, to, campaign: attribute } = readQuery(query, now);
    const period = { source, from, to, attribute };
    const figures = await orRefusal(async () => {
      const [counts, reasons] = await Promise.all([
        this.quality.counts(this.reads.query, period),
        this.quality.reasons(this.reads.query, period),
      ]);
      return sourceQuality(counts, reasons);
    });
    return { source, from, to, campaign: attribute, asOf: new Date(now).toISOString(), ...figures };
  }
}

function readQuery(query: Record<string, unknown>, now: number): { from: string; to: string; campaign: string } {
  const errors = Object.entries(query).flatMap(([name, value]): FieldError[] => {
    const detail = complaint(name, value);
    return detail === undefined ? [] : [{ field: name.slice(0, 64), detail }];
  });
  if (errors.length > 0) throw invalidInput(errors);
  const day = (at: number) => new Date(at).toISOString().slice(0, 10);
  const { to = day(now), campaign = 'campaign' } = query as { to?: string; campaign?: string };
  const { from = day(Date.parse(to) - DEFAULT_DAYS * DAY_MS) } = query as { from?: string };
  if (from > to) throw invalidInput([{ field: 'to', detail: 'must not be before from' }]);
  return { from, to, campaign };
}

function complaint(name: string, value: unknown): string | undefined {
  switch (name) {
    case 'campaign':
      return typeof value === 'string' && ATTRIBUTE.test(value) ? undefined : 'must be the name of an attribute';
    case 'from':
    case 'to':
      return isDay(value) ? undefined : 'must be a day such as 2026-01-31';
    default:
      return 'This parameter is not known here.';
  }
}

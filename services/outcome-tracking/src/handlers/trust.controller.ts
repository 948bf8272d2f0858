import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { ages } from '@fairlead/decisions';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { PositionStore } from '../store/position.store.js';
import { PromisesStore } from '../store/promises.store.js';
import { TrustCountsStore } from '../store/trust-counts.store.js';
import { countsFor, MOST_KINDS, tooManyKinds, trustAnswer } from '../trust/trust-answer.js';
import { POOL, readTrustQuery, type TrustQuery, USUAL_SILENCE } from '../trust/trust-query.js';
import { TrustView } from '../view/trust-view.js';
import { orRefusal } from './or-refusal.js';
import { ANY_PERIOD, ApiPool, ApiReport } from './report-api.js';

/** What the counts say: who was offered what, and what became of it, on both sides in the same words. */
@ApiTags('trust')
@ApiBearerAuth()
@Controller('v1/trust')
@Allow('admin', 'manager', 'auditor', 'partner')
export class TrustController {
  constructor(
    private readonly reads: Reads,
    private readonly counts: TrustCountsStore,
    private readonly position: PositionStore,
    private readonly promises: PromisesStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'Figures per channel, party and grade',
    description:
      'Of offers made in the period, whatever became of them since. Each rate has its denominator and its 95 % Wilson ' +
      'interval. `likeForLike` has each party’s rates with the leads of all, and `gap` what of the difference between direct and ' +
      'partners is better leads and what better work. A partner sees itself and direct: the channel is itself alone, and what it is told of ' +
      'all partners together is in its scorecard.',
  })
  @ApiPool()
  @ApiReport(ANY_PERIOD)
  @ApiQuery({
    name: 'mix',
    required: false,
    description:
      'By what leads are alike: `grade`, or an attribute such as `attributes.size`, as it was when the lead was offered. Words of up to 64 ' +
      'characters, whole numbers, yes and no are kinds; all others, and leads without it, are one kind, `none`. At most 100 kinds.',
    schema: {
      type: 'string',
      pattern: '^(?:grade|attributes\\.[^\\u0000-\\u001f\\u007f-\\u009f]{1,64})$',
      default: 'grade',
    },
  })
  @ApiQuery({
    name: 'source',
    required: false,
    description: 'Only leads of this source.',
    schema: { type: 'string', pattern: POOL.source },
  })
  @ApiQuery({
    name: 'campaign',
    required: false,
    description: 'Only leads of this campaign: the attribute `campaign`, as it was when the lead was offered.',
    schema: { type: 'string', pattern: '^[^\\u0000-\\u001f\\u007f-\\u009f]{1,64}$' },
  })
  @ApiQuery({
    name: 'age',
    required: false,
    description:
      'Only leads that have had so many days, and of each what happened in these, so that young and old are not mixed.',
    schema: { type: 'integer', enum: [...ages] },
  })
  @ApiQuery({
    name: 'silence',
    required: false,
    description: 'Days, for `noWord`.',
    schema: { type: 'integer', enum: [...ages], default: USUAL_SILENCE },
  })
  @ApiQuery({
    name: 'asOf',
    required: false,
    description: 'When leads are as old as `age` and `silence` say; now, when nothing is said.',
    schema: { type: 'string', format: 'date-time' },
  })
  @ApiQuery({
    name: 'partner',
    required: false,
    description: 'As this partner sees it. A partner sees it so anyway.',
    schema: { type: 'string', pattern: POOL.source },
  })
  @ApiResponse({ status: 200, type: TrustView })
  @ApiResponse({ status: 404, description: 'The partner is not yours to see.' })
  async figures(@Query() asked: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<TrustView> {
    const query = shownTo(caller, queryOf(asked));
    return orRefusal(() =>
      // All of it, and where in the log it stands, as of one moment.
      this.reads.snapshot(async (read) => {
        const counts = countsFor(query, await this.counts.read(read, query));
        const kinds = tooManyKinds(counts);
        if (kinds !== undefined) throw tooMany(query.mix, kinds);
        const policies = [...new Set(counts.counted.map(({ policy }) => policy))];
        return trustAnswer(query, counts, await this.promises.of(read, policies), await this.position.read(read));
      }),
    );
  }
}

/** Only its own: what another partner sees looks as if there were no such partner. */
function shownTo({ role, partnerId }: Caller, query: TrustQuery): TrustQuery {
  if (role !== 'partner') return query;
  if (query.partner !== null && query.partner !== partnerId) throw notFound('partner');
  return { ...query, partner: partnerId ?? '' };
}

function queryOf(asked: Record<string, unknown>): TrustQuery {
  const read = readTrustQuery(asked, Date.now());
  if ('complaints' in read) throw invalidInput([...read.complaints]);
  return read.query;
}

function tooMany(mix: string, kinds: number): Error {
  const detail = `has ${kinds} kinds in this period; leads are compared by at most ${MOST_KINDS}`;
  return invalidInput([{ field: 'mix', detail: `${mix} ${detail}` }]);
}

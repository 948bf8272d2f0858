import { Controller, Get, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { isShownTo, timesReport } from '@fairlead/decisions';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput } from '@fairlead/platform';
import { PositionStore } from '../store/position.store.js';
import { type TimesAsked, TimesStore } from '../store/times.store.js';
import { asOfOf } from '../trust/trust-answer.js';
import { leftOutOf, readTrustQuery } from '../trust/trust-query.js';
import { TimesView } from '../view/times-view.js';
import { orRefusal } from './or-refusal.js';
import { ANY_PERIOD, ApiPool, ApiReport } from './report-api.js';

const steps = ['accept', 'contact', 'qualify', 'win', 'close'] as const;

/** How long it takes both sides to answer, to speak to a lead, to come to an end with it. */
@ApiTags('trust')
@ApiBearerAuth()
@Controller('v1/trust/times')
@Allow('admin', 'manager', 'auditor', 'partner')
export class TimesController {
  constructor(
    private readonly reads: Reads,
    private readonly counts: TimesStore,
    private readonly position: PositionStore,
  ) {}

  @Get()
  @ApiOperation({
    summary: 'How long it takes, per channel and party',
    description:
      'From the offer until it was accepted, the lead was spoken to, became an opportunity, was won, or was closed (won, lost or given back). ' +
      'Leads that are still open count for as long as they were followed and are no losses. All leads of a day are followed for as many ' +
      'whole days as its youngest has had. A partner sees itself and direct: the channel is itself alone.',
  })
  @ApiPool()
  @ApiReport(ANY_PERIOD)
  @ApiQuery({
    name: 'what',
    required: false,
    description: 'Until what. `accept` is of all offers; the others are of those that were accepted.',
    schema: { type: 'string', enum: [...steps], default: 'contact' },
  })
  @ApiQuery({
    name: 'asOf',
    required: false,
    description: 'Until when leads were followed; now, when nothing is said.',
    schema: { type: 'string', format: 'date-time' },
  })
  @ApiResponse({ status: 200, type: TimesView })
  async times(@Query() query: Record<string, unknown>, @CurrentCaller() caller: Caller): Promise<TimesView> {
    const asked = readAsked(query);
    const { pool, from, to, what } = asked;
    const answer = await orRefusal(() =>
      this.reads.snapshot(async (read) => {
        const timed = await this.counts.read(read, asked);
        const isShown = (party: string) => caller.role !== 'partner' || isShownTo(caller.partnerId ?? '', party);
        return {
          ...{
            pool,
            leftOut: leftOutOf(pool),
            from,
            to,
            what,
            asOf: asOfOf(asked.asOf, await this.position.read(read)),
          },
          ...timesReport(timed.filter(({ party }) => isShown(party))),
        };
      }),
    );
    if (caller.role !== 'partner') return answer;
    const own = Object.entries(answer.parties).filter(([party]) => party === caller.partnerId);
    return { ...answer, parties: Object.fromEntries(own) };
  }
}

function readAsked({ what = 'contact', ...query }: Record<string, unknown>): TimesAsked {
  const step = steps.find((each) => each === what);
  const read = readTrustQuery(query, Date.now(), ['pool', 'from', 'to', 'asOf']);
  const complaints = [
    ...(step ? [] : [{ field: 'what', detail: `must be one of ${steps.join(', ')}` }]),
    ...('complaints' in read ? read.complaints : []),
  ];
  if (!step || 'complaints' in read) throw invalidInput(complaints);
  const { pool, from, to, asOf } = read.query;
  return { pool, from, to, asOf, what: step };
}

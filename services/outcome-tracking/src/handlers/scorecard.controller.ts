import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { DIRECT, isPartnerId, scorecard, type Together } from '@fairlead/decisions';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { PositionStore } from '../store/position.store.js';
import { PromisesStore } from '../store/promises.store.js';
import { ReturnsStore } from '../store/returns.store.js';
import { TrustCountsStore } from '../store/trust-counts.store.js';
import { asOfOf } from '../trust/trust-answer.js';
import { leftOutOf, readTrustQuery, type TrustQuery } from '../trust/trust-query.js';
import { ScorecardView } from '../view/scorecard-view.js';
import { orRefusal } from './or-refusal.js';
import { ApiPool, ApiReport } from './report-api.js';
import { quarterOf } from './quarter.js';

type Asked = TrustQuery & Readonly<Record<'from' | 'to', string>>;

/** What a partner promised and kept, and what the vendor did, in the same words. */
@ApiTags('trust')
@ApiBearerAuth()
@ApiParam({ name: 'partnerId', description: 'A partner, or `direct`: the vendor’s own people are a party as well.' })
@Controller('v1/partners/:partnerId/scorecard')
export class ScorecardController {
  constructor(
    private readonly reads: Reads,
    private readonly counts: TrustCountsStore,
    private readonly position: PositionStore,
    private readonly promises: PromisesStore,
    private readonly returns: ReturnsStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({
    summary: 'Two-way scorecard of a partner and the vendor',
    description:
      'Of offers made in the period, whatever became of them since. Each figure of the partner stands beside that of all partners together and that of ' +
      'direct. A partner sees its own scorecard, and of all partners together only what tells no other partner’s figures: for one whole ' +
      'quarter (UTC) and all pools, and where enough others are behind it; the rest is null or left out.',
  })
  @ApiPool('A partner is then told nothing of all partners together.')
  @ApiReport({
    from: 'First day (UTC), such as 2026-01-01; that of the quarter of `to`, when nothing is said.',
    to: 'Last day (UTC), included; that of the quarter of `from`, or of this one.',
  })
  @ApiResponse({ status: 200, type: ScorecardView })
  @ApiResponse({ status: 404, description: 'There is no such partner, or it is not yours to see.' })
  async of(
    @Param('partnerId') partner: string,
    @Query() query: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<ScorecardView> {
    // Who is a partner is known to routing. One that was never offered anything has a scorecard of nothing.
    if (partner !== DIRECT && !isPartnerId(partner)) throw notFound('partner');
    if (caller.role === 'partner' && caller.partnerId !== partner) throw notFound('partner');
    const asked = readAsked(query);
    const together = togetherFor(caller, asked);
    return orRefusal(() =>
      // All of it, and where in the log it stands, as of one moment.
      this.reads.snapshot(async (read) => {
        const counted = await this.counts.counted(read, asked);
        const promises = await this.promises.of(read, [...new Set(counted.map(({ policy }) => policy))]);
        const returns = await this.returns.of(read, { ...asked, party: partner });
        const asOf = asOfOf(asked.asOf, await this.position.read(read));
        const { pool, from, to } = asked;
        return {
          ...{ partner, pool, leftOut: leftOutOf(pool), from, to, asOf },
          ...scorecard(partner, counted, promises, returns, together),
        };
      }),
    );
  }
}

/**
 * One answer tells a partner no other's figures; two may, by their difference: all pools less one, or one month after the other. So of all partners it is
 * told in one way only, in which no two answers have an offer in common: whole quarters of all pools.
 */
function togetherFor({ role }: Caller, { pool, from, to }: Asked): Together {
  if (role !== 'partner') return 'whole';
  const quarter = quarterOf(from);
  return pool === null && from === quarter.from && to === quarter.to ? 'protected' : 'none';
}

function readAsked(query: Record<string, unknown>): Asked {
  const now = Date.now();
  const read = readTrustQuery(query, now, ['pool', 'from', 'to']);
  if ('complaints' in read) throw invalidInput([...read.complaints]);
  const from = read.query.from ?? quarterOf(read.query.to ?? new Date(now).toISOString().slice(0, 10)).from;
  return { ...read.query, from, to: read.query.to ?? quarterOf(from).to };
}

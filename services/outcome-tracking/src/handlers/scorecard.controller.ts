import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Reads } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { PositionStore } from '../store/position.store.js';
import { PromisesStore } from '../store/promises.store.js';
import { ReturnsStore } from '../store/returns.store.js';
import { TrustCountsStore } from '../store/trust-counts.store.js';
import {
  hasScorecard,
  readScorecardQuery,
  scorecardAnswer,
  type ScorecardQuery,
  toldToPartner,
} from '../trust/scorecard-answer.js';
import { ScorecardView } from '../view/scorecard-view.js';
import { orRefusal } from './or-refusal.js';
import { ApiPool, ApiReport } from './report-api.js';

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
  @ApiResponse({
    status: 404,
    description:
      'Nobody can be called so, or it is not yours to see. Of a partner that never had a lead there is one, of nothing.',
  })
  async of(
    @Param('partnerId') partner: string,
    @Query() query: Record<string, unknown>,
    @CurrentCaller() caller: Caller,
  ): Promise<ScorecardView> {
    if (!hasScorecard(partner)) throw notFound('partner');
    if (caller.role === 'partner' && caller.partnerId !== partner) throw notFound('partner');
    const asked = queryOf(partner, query);
    const together = caller.role === 'partner' ? toldToPartner(asked) : 'whole';
    return orRefusal(() =>
      // All of it, and where in the log it stands, as of one moment.
      this.reads.snapshot(async (read) => {
        const counted = await this.counts.counted(read, asked);
        const promises = await this.promises.of(read, [...new Set(counted.map(({ policy }) => policy))]);
        const counts = { counted, returns: await this.returns.of(read, asked) };
        return scorecardAnswer(asked, counts, promises, await this.position.read(read), together);
      }),
    );
  }
}

function queryOf(party: string, asked: Record<string, unknown>): ScorecardQuery {
  const read = readScorecardQuery(party, asked, Date.now());
  if ('complaints' in read) throw invalidInput([...read.complaints]);
  return read.query;
}

import { Body, Controller, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import {
  Allow,
  ApiPage,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  pageLimit,
  Problem,
} from '@fairlead/platform';
import { IsIn } from 'class-validator';
import { MergeLeads } from '../intake/merge-leads.js';
import {
  type DecisionReason,
  decisionReasons,
  type ProposedMerge,
  ProposedMergesStore,
} from '../store/proposed-merges.store.js';

const PROPOSAL = /^\d{1,18}$/;
const reasons = ['address', 'phone-and-name', 'id-domain-and-name'];

export class MergeDecision {
  @ApiProperty({ enum: decisionReasons, description: 'A closed list, so that no name is written here.' })
  @IsIn(decisionReasons)
  reason: DecisionReason;
}

export class ProposedMergeView {
  @ApiProperty({ pattern: '^[0-9]+$' }) id: string;
  @ApiProperty({ type: [String], description: 'Two leads that may be one person.' }) leads: string[];
  @ApiProperty({ enum: reasons, description: 'What they have in common, though not exactly.' }) why: string;
  @ApiProperty({ format: 'date-time' }) proposedAt: string;
}

export class ProposedMergePage {
  @ApiProperty({ type: [ProposedMergeView] }) proposals: ProposedMergeView[];
  @ApiPropertyOptional({ description: 'There are more: give this as `after`.' }) next?: string;
}

export class DecidedMerge {
  @ApiProperty({ pattern: '^[0-9]+$' }) id: string;
  @ApiProperty({ enum: ['accepted', 'dismissed'] }) decision: string;
  @ApiPropertyOptional({ format: 'uuid', description: 'The lead that survives: the one that came first.' })
  lead?: string;
  @ApiPropertyOptional({ format: 'uuid' }) absorbed?: string;
}

/** GET /v1/proposed-merges, and what a person decides about each → lead.merged, lead.absorbed */
@ApiTags('leads')
@ApiBearerAuth()
@Controller('v1/proposed-merges')
@Allow('manager', 'admin')
export class ProposedMergesController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly proposals: ProposedMergesStore,
    private readonly merging: MergeLeads,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Leads that may be one person, for somebody to decide', description: 'The oldest first.' })
  @ApiPage(PROPOSAL)
  @ApiResponse({ status: 200, type: ProposedMergePage })
  async list(@Query('after') after?: unknown, @Query('limit') limit?: unknown): Promise<ProposedMergePage> {
    if (after !== undefined && !isId(after))
      throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
    const size = pageLimit(limit);
    const found = await this.proposals.open(this.units.query, after, size + 1);
    const page = found.slice(0, size);
    const last = page.at(-1);
    return { proposals: page.map(viewOf), ...(found.length > size && last && { next: last.id }) };
  }

  @Post(':proposalId/accept')
  @HttpCode(200)
  @ApiOperation({
    summary: 'They are one person',
    description:
      'The lead that came first survives, and is known by all that was said of both; whoever comes again comes to it. What ' +
      'parties were offered of the other stays with them.',
  })
  @ApiResponse({ status: 200, type: DecidedMerge })
  @ApiResponse({ status: 404, description: 'There is no such proposal.' })
  @ApiResponse({
    status: 409,
    description: 'It was decided before, or one of the leads was erased or is one with another.',
  })
  @ApiExtension('x-says', ['lead.merged', 'lead.absorbed'])
  accept(
    @Param('proposalId') id: string,
    @Body() { reason }: MergeDecision,
    @CurrentCaller() { keyId: by }: Caller,
  ): Promise<DecidedMerge> {
    return this.units.run(async (unit) => {
      const proposal = await this.lockOpen(unit, id);
      await this.proposals.decide(unit, proposal.id, 'accepted', { reason, by });
      const merged = await this.merging.merge(unit, proposal, { reason, by });
      if (!merged) throw gone();
      return { id: proposal.id, decision: 'accepted', lead: merged.into, absorbed: merged.absorbed };
    });
  }

  @Post(':proposalId/dismiss')
  @HttpCode(200)
  @ApiOperation({ summary: 'They are two people', description: 'The two are not proposed again.' })
  @ApiResponse({ status: 200, type: DecidedMerge })
  @ApiResponse({ status: 404, description: 'There is no such proposal.' })
  @ApiResponse({ status: 409, description: 'It was decided before.' })
  dismiss(
    @Param('proposalId') id: string,
    @Body() { reason }: MergeDecision,
    @CurrentCaller() { keyId: by }: Caller,
  ): Promise<DecidedMerge> {
    return this.units.run(async (unit) => {
      const proposal = await this.lockOpen(unit, id);
      await this.proposals.decide(unit, proposal.id, 'dismissed', { reason, by });
      return { id: proposal.id, decision: 'dismissed' };
    });
  }

  /** @throws Problem 404 where there is none, 409 where it was decided before */
  private async lockOpen(unit: UnitOfWork, id: string) {
    const proposal = await this.proposals.lock(unit, known(id));
    if (!proposal) throw notFound('proposal');
    if (proposal.decision !== null) throw decided();
    return proposal;
  }
}

function isId(text: unknown): text is string {
  return typeof text === 'string' && PROPOSAL.test(text);
}

function known(id: string): string {
  if (!isId(id)) throw notFound('proposal');
  return id;
}

function viewOf({ id, leadId, otherId, why, proposedAt }: ProposedMerge): ProposedMergeView {
  return { id, leads: [leadId, otherId], why, proposedAt: proposedAt.toISOString() };
}

function decided(): Problem {
  return new Problem(409, { type: 'decided-before', detail: 'This was decided before.' });
}

function gone(): Problem {
  return new Problem(409, {
    type: 'not-two-leads',
    detail: 'One of the leads was erased, or is one with another already.',
  });
}

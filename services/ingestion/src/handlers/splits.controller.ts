import { Body, Controller, HttpCode, Param, Post } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiExtension,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, notFound, Problem } from '@fairlead/platform';
import { IsIn } from 'class-validator';
import { SplitLeads, type WhyOne } from '../intake/split-leads.js';
import { LeadsStore } from '../store/leads.store.js';
import { type DecisionReason, decisionReasons } from '../store/proposed-merges.store.js';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

const SAID: Readonly<Record<WhyOne, string>> = {
  'not-merged': 'The lead is one with no other, or was split from it before.',
  'not-kept': 'They were made one before it was kept what that changed.',
  erased: 'One of the two was erased, and with it what the other one would get back.',
  'merged-further': 'The lead that survived was made one with a third since: split those first.',
  'touched-since': 'More came of the lead since they were made one, and nobody can say of which of the two.',
};

export class SplitDecision {
  @ApiProperty({ enum: decisionReasons, description: 'A closed list, so that no name is written here.' })
  @IsIn(decisionReasons)
  reason: DecisionReason;
}

export class SplitView {
  @ApiProperty({ format: 'uuid', description: 'The lead that had survived.' }) lead: string;
  @ApiProperty({ format: 'uuid', description: 'The lead that is one of its own again.' }) split: string;
}

/** POST /v1/leads/{leadId}/split → lead.split, of both */
@ApiTags('leads')
@ApiBearerAuth()
@ApiParam({ name: 'leadId', format: 'uuid' })
@Controller('v1/leads/:leadId/split')
@Allow('manager', 'admin')
export class SplitsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly leads: LeadsStore,
    private readonly splitting: SplitLeads,
  ) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({
    summary: 'They are two people after all',
    description:
      'Undoes the last merge that the lead was in, on either side. Each has what it had before: by what it is found, what is known ' +
      'of it, its contact. What parties were offered meanwhile stays with them, and the two are not proposed again.',
  })
  @ApiResponse({ status: 200, type: SplitView })
  @ApiResponse({ status: 404, description: 'There is no such lead.' })
  @ApiResponse({
    status: 409,
    description: `It cannot be undone, and \`type\` ends in why: ${Object.entries(SAID)
      .map(([why, said]) => `\`${why}\` (${said})`)
      .join(' ')}`,
  })
  @ApiExtension('x-says', ['lead.split'])
  split(
    @Param('leadId') leadId: string,
    @Body() { reason }: SplitDecision,
    @CurrentCaller() { keyId: by }: Caller,
  ): Promise<SplitView> {
    return this.units.run(async (unit) => {
      if (!UUID.test(leadId) || !(await this.leads.find(unit, leadId))) throw notFound('lead');
      const splitting = await this.splitting.split(unit, leadId, { reason, by });
      if (splitting.outcome === 'refused') throw new Problem(409, { type: splitting.why, detail: SAID[splitting.why] });
      return { lead: splitting.survivor, split: splitting.absorbed };
    });
  }
}

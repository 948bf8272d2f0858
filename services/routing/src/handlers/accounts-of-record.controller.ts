import { Body, Controller, Get, HttpCode, Param, Post, Query as QueryParameter, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { readEnd } from '@fairlead/decisions';
import { Allow, type Caller, CurrentCaller, invalidInput } from '@fairlead/platform';
import { IsOptional, IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { AccountClaims } from '../account-claims.js';
import { accountIn, ClaimAccount, ClaimsView, ClaimView, EndClaim, shownClaim, standingClaim } from './claim-views.js';
import { ClaimsOfPartner } from './claims-of-partner.js';
import { ApiNumberedPage } from './paging.js';

export class AccountOfRecord extends ClaimAccount {
  @ApiPropertyOptional({
    description: 'The last day, or a time; until somebody ends it, if not given.',
    example: '2027-12-31',
  })
  @IsOptional()
  @IsString()
  @MaxLength(40)
  until?: string;
}

/** Customers that the vendor has entrusted to a partner: what they ask for next is offered to their partner of record first. */
@ApiTags('partners')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/accounts-of-record')
export class AccountsOfRecordController {
  constructor(
    private readonly claims: AccountClaims,
    private readonly ofPartner: ClaimsOfPartner,
  ) {}

  @Post()
  @HttpCode(201)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Make the partner an account’s partner of record',
    description:
      'From now on the account’s leads are offered to it first, outside the promise. Refused while another partner’s claim ' +
      'stands, or a list of the policy names the account: what is to change has to be ended there, where it is seen.',
  })
  @ApiResponse({ status: 201, type: ClaimView })
  @ApiResponse({ status: 200, type: ClaimView, description: 'It was so already, and stays as it is.' })
  @ApiResponse({ status: 409, description: '`account-taken`; see `conflict`.' })
  async entrust(
    @Param('partnerId') partner: string,
    @Body() { until: written, ...body }: AccountOfRecord,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ClaimView> {
    const account = accountIn(body);
    const until = readEnd(written);
    if (written !== undefined && until === undefined)
      throw invalidInput([
        { field: '/until', detail: 'must be a date such as 2027-12-31, or a time as RFC 3339 writes it' },
      ]);
    if (until !== undefined && until <= Date.now())
      throw invalidInput([{ field: '/until', detail: 'is over already' }]);
    const outcome = await this.claims.claim({ kind: 'partner-of-record', partner, account, until, by: caller.keyId });
    const { claim, isNew } = standingClaim(outcome, caller);
    void reply.status(isNew ? 201 : 200);
    return shownClaim(claim, caller, Date.now());
  }

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'Accounts whose partner of record it is or was, the latest first' })
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: ClaimsView })
  async list(
    @Param('partnerId') partner: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<ClaimsView> {
    return this.ofPartner.list('partner-of-record', partner, caller, { after, limit });
  }

  @Post(':claimId/end')
  @HttpCode(200)
  @Allow('admin', 'manager', 'partner')
  @ApiOperation({ summary: 'End it: the partner gives the account up, or the vendor takes it away and says why' })
  @ApiResponse({ status: 200, type: ClaimView })
  @ApiResponse({ status: 409, description: '`claim-not-standing`: it was refused, or is over already.' })
  async end(
    @Param('partnerId') partner: string,
    @Param('claimId') id: string,
    // Undefined when there is none.
    @Body() body: EndClaim,
    @CurrentCaller() caller: Caller,
  ): Promise<ClaimView> {
    return this.ofPartner.end({ kind: 'partner-of-record', partner, id }, body ?? {}, caller);
  }
}

import { Body, Controller, Get, HttpCode, Param, Post, Query as QueryParameter, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { Allow, type Caller, CurrentCaller } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { AccountClaims } from '../account-claims.js';
import { accountIn, ClaimAccount, ClaimsView, ClaimView, EndClaim, shownClaim, standingClaim } from './claim-views.js';
import { ClaimsOfPartner } from './claims-of-partner.js';
import { ApiNumberedPage } from './paging.js';

/** A partner works a deal with an account and says so: for a time that the policy sets, the account's leads are its own. */
@ApiTags('partners')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/deal-registrations')
export class DealRegistrationsController {
  constructor(
    private readonly claims: AccountClaims,
    private readonly ofPartner: ClaimsOfPartner,
  ) {}

  @Post()
  @HttpCode(201)
  @Allow('admin', 'manager', 'partner')
  @ApiOperation({
    summary: 'Register a deal with an account',
    description:
      'The first claim on an account stands, for as long as the policy says (`dealRegistration.protectFor`); its leads are ' +
      'offered to the partner first, outside the promise. A later claim is refused, kept, and told what stood against it. ' +
      'Leads that were offered before stay where they are.',
  })
  @ApiResponse({ status: 201, type: ClaimView })
  @ApiResponse({ status: 200, type: ClaimView, description: 'It was registered already, and stays as it is.' })
  @ApiResponse({
    status: 409,
    description: '`account-taken` (see `conflict`), `no-deal-registration`, `too-many-registrations`.',
  })
  async register(
    @Param('partnerId') partner: string,
    @Body() body: ClaimAccount,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ClaimView> {
    const account = accountIn(body);
    await this.ofPartner.seen(partner, caller);
    const outcome = await this.claims.claim({ kind: 'deal-registration', partner, account, by: caller.keyId });
    const { claim, isNew } = standingClaim(outcome, caller);
    void reply.status(isNew ? 201 : 200);
    return shownClaim(claim, caller, Date.now());
  }

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'Deals that a partner registered, the latest first, refused ones too' })
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: ClaimsView })
  async list(
    @Param('partnerId') partner: string,
    @CurrentCaller() caller: Caller,
    @QueryParameter('after') after?: unknown,
    @QueryParameter('limit') limit?: unknown,
  ): Promise<ClaimsView> {
    return this.ofPartner.list('deal-registration', partner, caller, { after, limit });
  }

  @Post(':claimId/end')
  @HttpCode(200)
  @Allow('admin', 'manager', 'partner')
  @ApiOperation({
    summary: 'End a registration before its time',
    description: 'The partner gives it up; or the vendor takes it away, and has to say why.',
  })
  @ApiResponse({ status: 200, type: ClaimView })
  @ApiResponse({ status: 409, description: '`claim-not-standing`: it was refused, or is over already.' })
  async end(
    @Param('partnerId') partner: string,
    @Param('claimId') id: string,
    // Undefined when there is none.
    @Body() body: EndClaim,
    @CurrentCaller() caller: Caller,
  ): Promise<ClaimView> {
    return this.ofPartner.end({ kind: 'deal-registration', partner, id }, body ?? {}, caller);
  }
}

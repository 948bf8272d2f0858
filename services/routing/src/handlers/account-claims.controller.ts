import { Controller, Get, Query as QueryParameter } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput } from '@fairlead/platform';
import { ClaimsStore } from '../store/claims.store.js';
import { accountIn, ClaimsView, shownClaim } from './claim-views.js';
import { ApiNumberedPage, paged, pageOf } from './paging.js';

const NAMED = { type: 'string', minLength: 1, maxLength: 255 } as const;

/** Who claimed which account when, and what became of it: for those who have to settle a quarrel. */
@ApiTags('partners')
@ApiBearerAuth()
@Controller('v1/account-claims')
@Allow('admin', 'manager', 'auditor')
export class AccountClaimsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly store: ClaimsStore,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Claims of all partners, of both kinds, the latest first, refused ones too' })
  @ApiQuery({ name: 'domain', required: false, description: 'Only claims on this domain …', schema: NAMED })
  @ApiQuery({ name: 'company', required: false, description: '… or on a company of this name.', schema: NAMED })
  @ApiNumberedPage()
  @ApiResponse({ status: 200, type: ClaimsView })
  async list(
    @CurrentCaller() caller: Caller,
    @QueryParameter('domain') domain?: unknown,
    @QueryParameter('company') company?: unknown,
    @QueryParameter('after') afterText?: unknown,
    @QueryParameter('limit') limitText?: unknown,
  ): Promise<ClaimsView> {
    const { after, limit } = pageOf(afterText, limitText);
    const asked = { ...named('domain', domain), ...named('company', company) };
    const account = Object.keys(asked).length > 0 ? accountIn(asked) : undefined;
    const found = await this.store.page(this.units.query, { account }, { before: after, limit: limit + 1 });
    const { rows, next } = paged(found, limit, ({ seq }) => seq);
    const now = Date.now();
    return { claims: rows.map((claim) => shownClaim(claim, caller, now)), ...(next !== undefined && { next }) };
  }
}

function named<Name extends string>(name: Name, value: unknown): Partial<Record<Name, string>> {
  if (value === undefined) return {};
  if (typeof value !== 'string' || value.length > 255)
    throw invalidInput([{ field: name, detail: 'must be text of at most 255 characters' }]);
  return { [name]: value } as Record<Name, string>;
}

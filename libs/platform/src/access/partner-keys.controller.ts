import { Body, Controller, Delete, Get, HttpCode, Logger, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiProperty, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsString, Length } from 'class-validator';
import { ApiPage } from '../http/paging.js';
import { notFound, Problem } from '../http/problem.js';
import { KEY_ID } from './api-key.js';
import { ApiKeysStore, MOST_OF_A_PARTNER } from './api-keys.store.js';
import { Callers } from './callers.js';
import { Allow, type Caller, CurrentCaller } from './decorators.js';
import { CreatedKey, KeysPage, pageOfKeys, PARTY_ID } from './keys.controller.js';

export class CreatePartnerKey {
  @ApiProperty({
    description: 'What the key is for, so that it is recognised when it is to be revoked.',
    minLength: 1,
    maxLength: 200,
  })
  @IsString()
  @Length(1, 200)
  name: string;
}

/**
 * The keys of one partner, for itself: so it replaces a key that has got about at once, and asks nobody. Of another partner's it learns as
 * little as of none. Not for managers: whoever makes a partner's key can answer in its name.
 */
@ApiTags('keys')
@ApiBearerAuth()
@ApiParam({ name: 'partnerId', schema: { type: 'string', pattern: PARTY_ID.source } })
@Controller('v1/partners/:partnerId/keys')
@Allow('admin', 'partner')
export class PartnerKeysController {
  private readonly logger = new Logger('access');

  constructor(
    private readonly keys: ApiKeysStore,
    private readonly callers: Callers,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The keys of a partner, for itself and for administrators' })
  @ApiPage(KEY_ID)
  @ApiResponse({
    status: 200,
    type: KeysPage,
    description: 'Keys without their secrets, revoked ones among them, ordered by id. `next` asks for the next page.',
  })
  async list(
    @Param('partnerId') partner: string,
    @CurrentCaller() caller: Caller,
    @Query('after') after?: unknown,
    @Query('limit') limit?: unknown,
  ): Promise<KeysPage> {
    refuseOthers(partner, caller);
    return pageOfKeys(after, limit, (from, size) => this.keys.list(from, size, partner));
  }

  @Post()
  @ApiOperation({ summary: 'One more key of a partner' })
  @ApiResponse({ status: 201, type: CreatedKey })
  @ApiResponse({
    status: 409,
    description: `\`too-many-keys\`: ${MOST_OF_A_PARTNER} are valid, or were within the last day.`,
  })
  async create(
    @Param('partnerId') partner: string,
    @Body() { name }: CreatePartnerKey,
    @CurrentCaller() caller: Caller,
  ): Promise<CreatedKey> {
    refuseOthers(partner, caller);
    const created = await this.keys.createForPartner(partner, name);
    if (!created)
      throw new Problem(409, {
        type: 'too-many-keys',
        detail: `A partner has at most ${MOST_OF_A_PARTNER} keys, those revoked within the last day among them.`,
      });
    this.callers.expect();
    this.logger.log({ event: 'key.created', keyId: created.id, role: 'partner', partner, actor: caller.keyId });
    return created;
  }

  @Delete(':keyId')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke a key of a partner, also the one that asks' })
  @ApiParam({ name: 'keyId', schema: { type: 'string', pattern: '^[0-9a-f]{16}$' } })
  @ApiResponse({ status: 204, description: 'The key is revoked, and refused within five seconds by every process.' })
  async revoke(
    @Param('partnerId') partner: string,
    @Param('keyId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<void> {
    refuseOthers(partner, caller);
    if (!KEY_ID.test(id) || (await this.keys.revoke(id, partner)) === 'unknown') throw notFound('key');
    this.callers.forget(id);
    this.logger.log({ event: 'key.revoked', keyId: id, partner, actor: caller.keyId });
  }
}

/** What is another partner's looks to a partner's key as if it were not there. */
function refuseOthers(partner: string, { role, partnerId }: Caller): void {
  if (!PARTY_ID.test(partner) || (role === 'partner' && partnerId !== partner)) throw notFound('key');
}

import { Body, Controller, Delete, Get, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { ApiPage } from '../http/paging.js';
import { notFound, Problem } from '../http/problem.js';
import { invalidKey } from './access.guard.js';
import { KEY_ID } from './api-key.js';
import { ApiKeysStore, MOST_OF_A_PARTNER } from './api-keys.store.js';
import { Callers } from './callers.js';
import { Allow, type Caller, CurrentCaller } from './decorators.js';
import { KeyName } from './key-name.js';
import { CreatedKey, KeysPage, pageOfKeys, PARTY_ID } from './keys.controller.js';
import { ApiRevocation, readWithMade, type RevokedKeys } from './revocation.js';

export class CreatePartnerKey {
  @KeyName()
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
    description:
      `\`too-many-keys\`: of those that the partner has made itself, ${MOST_OF_A_PARTNER} are valid, or were within the last ` +
      'day. Administrators are not told so.',
  })
  async create(
    @Param('partnerId') partner: string,
    @Body() { name }: CreatePartnerKey,
    @CurrentCaller() caller: Caller,
  ): Promise<CreatedKey> {
    refuseOthers(partner, caller);
    const created = await (caller.role === 'partner'
      ? this.keys.createByPartner(partner, name, caller.keyId)
      : this.keys.create({ name, role: 'partner', partner }, caller.keyId));
    if (created === 'maker-revoked') throw invalidKey();
    if (created === 'too-many')
      throw new Problem(409, {
        type: 'too-many-keys',
        detail: `A partner makes at most ${MOST_OF_A_PARTNER} keys, those revoked within the last day among them. The vendor can make more.`,
      });
    this.callers.expect();
    this.logger.log({ event: 'key.created', keyId: created.id, role: 'partner', partner, actor: caller.keyId });
    return created;
  }

  @Delete(':keyId')
  @ApiRevocation()
  @ApiOperation({
    summary: 'Revoke a key of a partner, also the one that asks, alone or with all that were made with it',
  })
  @ApiParam({ name: 'keyId', schema: { type: 'string', pattern: '^[0-9a-f]{16}$' } })
  async revoke(
    @Param('partnerId') partner: string,
    @Param('keyId') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('withMade') asked?: unknown,
  ): Promise<RevokedKeys | undefined> {
    refuseOthers(partner, caller);
    const withMade = readWithMade(asked);
    const revoked = KEY_ID.test(id) ? await this.keys.revoke(id, { partner, withMade }) : 'unknown';
    // The operator's own is nobody's but the operator's.
    if (typeof revoked === 'string') throw notFound('key');
    this.callers.forget(id, ...revoked);
    this.logger.log({ event: 'key.revoked', keyId: id, partner, withMade, keys: revoked.length, actor: caller.keyId });
    if (!withMade) return undefined;
    void reply.status(200);
    return { revoked: revoked.length };
  }
}

/** What is another partner's looks to a partner's key as if it were not there. */
function refuseOthers(partner: string, { role, partnerId }: Caller): void {
  if (!PARTY_ID.test(partner) || (role === 'partner' && partnerId !== partner)) throw notFound('key');
}

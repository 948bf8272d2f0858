import { Body, Controller, Delete, Get, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiProperty, ApiPropertyOptional, ApiResponse, ApiTags } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, Matches } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { notFound, Problem } from '../http/problem.js';
import { invalidInput } from '../http/validation.js';
import { ApiPage, pageLimit } from '../http/paging.js';
import { invalidKey } from './access.guard.js';
import { KEY_ID } from './api-key.js';
import { ApiKeysStore } from './api-keys.store.js';
import { Callers } from './callers.js';
import { Allow, type Caller, CurrentCaller, type Role, roles } from './decorators.js';
import { KeyName } from './key-name.js';
import { ApiRevocation, readWithMade, type RevokedKeys } from './revocation.js';

/** As the events have them: what a party or a source may be called, its key must take. */
export const PARTY_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const SOURCE_ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export class CreateKey {
  @KeyName()
  name: string;

  @ApiProperty({ enum: roles })
  @IsIn(roles)
  role: Role;

  @ApiPropertyOptional({
    description: 'The partner that a partner key speaks for; `direct` for the vendor’s own sales.',
  })
  @IsOptional()
  @IsString()
  @Matches(PARTY_ID, { message: 'partner must be an id of lower-case letters, digits and hyphens' })
  partner?: string;

  @ApiPropertyOptional({ description: 'The source that a source key speaks for.' })
  @IsOptional()
  @IsString()
  @Matches(SOURCE_ID, { message: 'source must be an id of letters, digits, dots, hyphens and underscores' })
  source?: string;
}

export class CreatedKey {
  @ApiProperty() id: string;
  @ApiProperty({ description: 'Shown this once.' }) key: string;
}

export class KeyView {
  @ApiProperty() id: string;
  @ApiProperty() name: string;
  @ApiProperty({ enum: roles }) role: Role;
  @ApiProperty({ type: String, nullable: true }) partner: string | null;
  @ApiProperty({ type: String, nullable: true }) source: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description:
      'Id of the key that it was made with, itself or in a session of its: a partner’s own, or the vendor’s. Null where nobody ' +
      'knows: it is from before that was kept, or set by the operator’s environment.',
  })
  madeBy: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) createdAt: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) lastUsed: Date | null;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) revokedAt: Date | null;
}

export class KeysPage {
  @ApiProperty({ type: [KeyView] }) keys: KeyView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

@ApiTags('keys')
@ApiBearerAuth()
@Controller('v1/keys')
@Allow('admin')
export class KeysController {
  private readonly logger = new Logger('access');

  constructor(
    private readonly keys: ApiKeysStore,
    private readonly callers: Callers,
  ) {}

  @Post()
  @ApiResponse({ status: 201, type: CreatedKey })
  async create(@Body() body: CreateKey, @CurrentCaller() caller: Caller): Promise<CreatedKey> {
    refuseMismatch(body);
    const created = await this.keys.create(body, caller.keyId);
    if (created === 'maker-revoked') throw invalidKey();
    this.callers.expect();
    this.logger.log({ event: 'key.created', keyId: created.id, role: body.role, actor: caller.keyId });
    return created;
  }

  @Get()
  @ApiPage(KEY_ID)
  @ApiResponse({
    status: 200,
    type: KeysPage,
    description: 'Keys without their secrets, ordered by id. `next` asks for the next page.',
  })
  async list(@Query('after') after?: unknown, @Query('limit') limit?: unknown): Promise<KeysPage> {
    return pageOfKeys(after, limit, (from, size) => this.keys.list(from, size));
  }

  @Delete(':id')
  @ApiRevocation()
  @ApiResponse({ status: 409, description: 'It comes from FAIRLEAD_ADMIN_KEY, and is changed there.' })
  async revoke(
    @Param('id') id: string,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
    @Query('withMade') asked?: unknown,
  ): Promise<RevokedKeys | undefined> {
    const withMade = readWithMade(asked);
    const revoked = KEY_ID.test(id) ? await this.keys.revoke(id, { withMade }) : 'unknown';
    if (revoked === 'unknown') throw notFound('key');
    if (revoked === 'set-by-environment')
      throw new Problem(409, {
        type: 'set-by-environment',
        detail: 'This key comes from FAIRLEAD_ADMIN_KEY and would be back at the next start: change it there.',
      });
    this.callers.forget(id, ...revoked);
    this.logger.log({ event: 'key.revoked', keyId: id, withMade, keys: revoked.length, actor: caller.keyId });
    if (!withMade) return undefined;
    void reply.status(200);
    return { revoked: revoked.length };
  }
}

/** @param list  at most so many keys, of those after this id */
export async function pageOfKeys(
  after: unknown,
  limit: unknown,
  list: (after: string, limit: number) => Promise<KeyView[]>,
): Promise<KeysPage> {
  if (after !== undefined && (typeof after !== 'string' || !KEY_ID.test(after)))
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  const size = pageLimit(limit);
  const found = await list(after ?? '', size + 1);
  const keys = found.slice(0, size);
  return { keys, ...(found.length > size && { next: keys.at(-1)?.id ?? '' }) };
}

function refuseMismatch({ role, partner, source }: CreateKey): void {
  const errors = [...owner('partner', partner, role === 'partner'), ...owner('source', source, role === 'source')];
  if (errors.length > 0) throw invalidInput(errors);
}

function owner(field: string, value: string | undefined, needed: boolean): { field: string; detail: string }[] {
  if (needed === (value !== undefined)) return [];
  const detail = needed ? `a key of the role ${field} needs it` : `only a key of the role ${field} may have it`;
  return [{ field: `/${field}`, detail }];
}

import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, Param, Put, Query as QueryParameter, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiBody, ApiOperation, ApiProperty, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { type NamedAccount, readNamedAccounts } from '@fairlead/decisions';
import { encodeEvent, NamedAccountsChanged } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { Accepts, Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { NamedAccountsStore, type StoredList } from '../store/named-accounts.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { versionOf } from './versions.js';

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export class NamedAccountsView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'SHA-256 of the canonical JSON of `{ owner, entries }` as they are shown here.' })
  hash: string;
  @ApiProperty() owner: string;
  @ApiProperty({ type: 'array', items: { type: 'object' }, description: 'Times in milliseconds since the epoch.' })
  entries: readonly NamedAccount[];
}

/** Lists of accounts that are reserved for direct. A new version is in force at once, and is an event. */
@ApiTags('named accounts')
@ApiBearerAuth()
@Controller('v1/named-accounts/:name')
export class NamedAccountsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly lists: NamedAccountsStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'A list: the version in force, or the one asked for' })
  @ApiQuery({ name: 'version', required: false })
  @ApiResponse({ status: 200, type: NamedAccountsView })
  async get(@Param('name') name: string, @QueryParameter('version') version?: unknown): Promise<NamedAccountsView> {
    const list = await this.lists.find(this.units.query, name, versionOf(version));
    if (!list) throw notFound('list');
    return shown(list);
  }

  @Put()
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Replace a list',
    description: '`{ owner, entries: [{ domain | company, owner, from, until? }] }`; days count whole, in UTC.',
  })
  @ApiBody({ schema: { type: 'object' } })
  @ApiResponse({ status: 201, type: NamedAccountsView, description: 'A new version, in force.' })
  @ApiResponse({ status: 200, type: NamedAccountsView, description: 'The version in force says the same.' })
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<NamedAccountsView> {
    if (!NAME.test(name)) {
      const detail = 'must be letters, digits, dots, underscores and hyphens, at most 63';
      throw invalidInput([{ field: 'name', detail }]);
    }
    const document = readBody(body, readNamedAccounts);
    const { stored, created } = await this.units.run(async (unit) => {
      const put = await this.lists.put(unit.query, name, document, { by: caller.keyId, now: unit.now });
      if (put.created) {
        const data = { ...shown(put.stored), entries: [...document.entries], actor: caller.keyId };
        unit.say([
          encodeEvent(NamedAccountsChanged, {
            id: randomUUID(),
            source: '/routing',
            subject: name,
            time: unit.now,
            data,
          }),
        ]);
      }
      return put;
    });
    void reply.status(created ? 201 : 200);
    return shown(stored);
  }
}

function shown({ name, version, hash, document }: StoredList): NamedAccountsView {
  return { name, version, hash, owner: document.owner, entries: document.entries };
}

import { Body, Controller, Get, HttpCode, Param, Post, Put, Query as QueryParameter, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiBody,
  ApiOperation,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { readPolicy } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { Accepts, Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { PoliciesStore } from '../store/policies.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { activated } from './first-policy.js';
import { MAX_VERSION, versionOf } from './versions.js';

export class ActivatePolicy {
  @ApiPropertyOptional({ description: 'The newest, if not given.', minimum: 1, type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version?: number;
}

export class PolicyView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'SHA-256 of the document’s canonical JSON (RFC 8785), as every decision names it.' })
  hash: string;
  @ApiProperty({ description: 'Whether leads are distributed under this version now.' }) active: boolean;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) document?: object;
}

/** Policies: written as drafts, activated by an event. Whoever is promised something may read what. */
@ApiTags('policies')
@ApiBearerAuth()
@Controller('v1/policies')
export class PoliciesController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'The newest version of every policy, and the active one' })
  async list(): Promise<{ policies: PolicyView[] }> {
    return { policies: await this.policies.list(this.units.query) };
  }

  @Get(':name')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'A policy: its newest version, or the one asked for' })
  @ApiQuery({ name: 'version', required: false })
  @ApiResponse({ status: 200, type: PolicyView })
  async get(@Param('name') name: string, @QueryParameter('version') version?: unknown): Promise<PolicyView> {
    const policy = await this.policies.find(this.units.query, name, versionOf(version));
    if (!policy) throw notFound('policy');
    return policy;
  }

  @Put(':name')
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Write a policy as a draft',
    description: 'JSON or YAML. The same document again changes nothing.',
  })
  @ApiBody({ schema: { type: 'object' } })
  @ApiResponse({ status: 201, type: PolicyView, description: 'A new version, not active yet.' })
  @ApiResponse({ status: 200, type: PolicyView, description: 'The newest version says the same.' })
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PolicyView> {
    const document = readBody(body, readPolicy);
    if (document.name !== name) throw invalidInput([{ field: '/name', detail: 'must be the name in the address' }]);
    const { stored, created } = await this.units.run(({ query, now }) =>
      this.policies.add(query, document, { by: caller.keyId, now }),
    );
    void reply.status(created ? 201 : 200);
    return stored;
  }

  @Post(':name/activate')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Distribute leads under this policy from now on',
    description:
      'Credits stay where the id of a pool stays. Offers that are open stay open, under the terms they were made.',
  })
  @ApiResponse({ status: 200, type: PolicyView })
  async activate(
    @Param('name') name: string,
    // Undefined when there is none; a union type would leave it unvalidated.
    @Body() body: ActivatePolicy,
    @CurrentCaller() caller: Caller,
  ): Promise<PolicyView> {
    const version = (body as ActivatePolicy | undefined)?.version;
    return this.units.run(async (unit) => {
      const policy = await this.policies.find(unit.query, name, version);
      if (!policy) throw notFound('policy');
      const changed = await this.policies.activate(unit.query, policy);
      if (changed) unit.say([activated(policy, caller.keyId, unit.now)]);
      return { ...policy, active: true };
    });
  }
}

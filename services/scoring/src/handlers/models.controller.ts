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
import { readModel } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import { Accepts, Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ModelsStore, type StoredModel } from '../store/models.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { activated } from './first-model.js';

const MAX_VERSION = 2_147_483_647;

export class ActivateModel {
  @ApiPropertyOptional({ description: 'The newest, if not given.', minimum: 1, type: 'integer' })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  version?: number;
}

export class ModelView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty({ description: 'SHA-256 of the document’s canonical JSON (RFC 8785), as every score names it.' })
  hash: string;
  @ApiProperty({ description: 'Whether leads are scored with this version now.' }) active: boolean;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) document?: object;
}

/** Score models: written as drafts, activated by an event. */
@ApiTags('models')
@ApiBearerAuth()
@Controller('v1/models')
export class ModelsController {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly models: ModelsStore,
  ) {}

  @Get()
  @Allow('admin', 'manager', 'auditor')
  @ApiOperation({ summary: 'The newest version of every model' })
  async list(): Promise<{ models: ModelView[] }> {
    return { models: await this.models.list(this.units.query) };
  }

  @Get(':name')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'A model: its newest version, or the one asked for' })
  @ApiQuery({ name: 'version', required: false })
  @ApiResponse({ status: 200, type: ModelView })
  async get(@Param('name') name: string, @QueryParameter('version') version?: unknown): Promise<ModelView> {
    return this.known(name, versionOf(version));
  }

  @Put(':name')
  @Allow('admin', 'manager')
  @Accepts(DOCUMENT_TYPES)
  @ApiOperation({
    summary: 'Write a model as a draft',
    description: 'JSON or YAML. The same document again changes nothing.',
  })
  @ApiBody({ schema: { type: 'object' } })
  @ApiResponse({ status: 201, type: ModelView, description: 'A new version, not active yet.' })
  @ApiResponse({ status: 200, type: ModelView, description: 'The newest version says the same.' })
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ModelView> {
    const document = readBody(body, readModel);
    if (document.name !== name) throw invalidInput([{ field: '/name', detail: 'must be the name in the address' }]);
    const { stored, created } = await this.units.run(({ query, now }) =>
      this.models.add(query, document, { by: caller.keyId, now }),
    );
    void reply.status(created ? 201 : 200);
    return stored;
  }

  @Post(':name/activate')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({ summary: 'Score with this model from now on' })
  @ApiResponse({ status: 200, type: ModelView })
  async activate(
    @Param('name') name: string,
    // Undefined when there is none; a union type would leave it unvalidated.
    @Body() body: ActivateModel,
    @CurrentCaller() caller: Caller,
  ): Promise<ModelView> {
    const version = (body as ActivateModel | undefined)?.version;
    return this.units.run(async (unit) => {
      const model = await this.models.find(unit.query, name, version);
      if (!model) throw notFound('model');
      const changed = await this.models.activate(unit.query, model);
      if (changed) unit.say([activated(model, caller.keyId, unit.now)]);
      return { ...model, active: true };
    });
  }

  private async known(name: string, version: number | undefined): Promise<StoredModel> {
    const model = await this.models.find(this.units.query, name, version);
    if (!model) throw notFound('model');
    return model;
  }
}

function versionOf(version: unknown): number | undefined {
  if (version === undefined) return undefined;
  const number = typeof version === 'string' && /^\d{1,10}$/.test(version) ? Number(version) : 0;
  if (number < 1 || number > MAX_VERSION)
    throw invalidInput([{ field: 'version', detail: 'must be a whole number from 1' }]);
  return number;
}

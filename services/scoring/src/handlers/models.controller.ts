import {
  Body,
  Controller,
  Delete,
  Get,
  HttpCode,
  Param,
  Post,
  Put,
  Query as QueryParameter,
  Res,
} from '@nestjs/common';
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
import { ModelDocument, readModel } from '@fairlead/decisions';
import { UnitsOfWork } from '@fairlead/messaging';
import {
  Accepts,
  Allow,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  Problem,
  publishedSchema,
} from '@fairlead/platform';
import { IsInt, IsOptional, Max, Min } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { ModelsStore, type StoredModel } from '../store/models.store.js';
import { DOCUMENT_TYPES, readBody } from './document-body.js';
import { activated } from './first-model.js';
import { shadowed, shadowEnded } from './shadow-events.js';

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
  @ApiProperty({ description: 'Whether this version is asked in shadow: what it says is told and decides nothing.' })
  shadow: boolean;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true }) document?: object;
}

export class GradesOfBoth {
  @ApiProperty({ description: 'The grade that the model in force gave, or the state of a lead that has none.' })
  was: string;
  @ApiProperty({ description: 'What the model in shadow would have given.' }) would: string;
  @ApiProperty({ type: 'integer' }) leads: number;
}

export class ShadowView {
  @ApiProperty() name: string;
  @ApiProperty({ type: 'integer' }) version: number;
  @ApiProperty() hash: string;
  @ApiProperty({ type: 'integer', description: 'Leads that both judged.' }) leads: number;
  @ApiProperty({ type: 'integer', description: 'Leads of which they said otherwise.' }) differ: number;
  @ApiProperty({ type: GradesOfBoth, isArray: true }) grades: GradesOfBoth[];
}

export class ModelsView {
  @ApiProperty({ type: ModelView, isArray: true }) models: ModelView[];
  @ApiPropertyOptional({ type: ShadowView, description: 'Where a model is asked in shadow: how often it differs.' })
  shadow?: ShadowView;
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
  @ApiOperation({ summary: 'The newest version of every model, and how often the one in shadow says otherwise' })
  @ApiResponse({ status: 200, type: ModelsView })
  async list(): Promise<ModelsView> {
    const { query } = this.units;
    const [models, challenger, grades] = [
      await this.models.list(query),
      await this.models.shadowed(query),
      await this.models.compared(query),
    ];
    return { models, ...(challenger && { shadow: shadowOf(challenger, grades) }) };
  }

  @Get(':name')
  @Allow('admin', 'manager', 'auditor', 'partner')
  @ApiOperation({ summary: 'A model: its newest version, or the one asked for' })
  @ApiQuery({
    name: 'version',
    required: false,
    schema: { type: 'integer', minimum: 1, maximum: MAX_VERSION },
  })
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
  @ApiBody({ schema: publishedSchema('ModelDocument', ModelDocument) })
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
      // A model in its own shadow would only ever agree.
      if (model.shadow && (await this.models.endShadow(unit.query, model)))
        unit.say([shadowEnded(model, caller.keyId, unit.now)]);
      return { ...model, active: true, shadow: false };
    });
  }

  @Post(':name/shadow')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({
    summary: 'Ask this model in shadow from now on',
    description:
      'Every lead is scored with it too, in the place of whichever was asked before. What it says is told in ' +
      '`lead.scored` and counted in `GET /v1/models`; nothing else follows from it.',
  })
  @ApiResponse({ status: 200, type: ModelView })
  @ApiResponse({ status: 409, description: '`in-force`: leads are scored with this version already.' })
  async shadow(
    @Param('name') name: string,
    // Undefined when there is none; a union type would leave it unvalidated.
    @Body() body: ActivateModel,
    @CurrentCaller() caller: Caller,
  ): Promise<ModelView> {
    const version = (body as ActivateModel | undefined)?.version;
    return this.units.run(async (unit) => {
      const model = await this.models.find(unit.query, name, version);
      if (!model) throw notFound('model');
      if (model.active)
        throw new Problem(409, { type: 'in-force', title: 'In force', detail: 'Leads are scored with it already.' });
      const changed = await this.models.shadow(unit.query, model);
      if (changed) unit.say([shadowed(model, caller.keyId, unit.now)]);
      return { ...model, shadow: true };
    });
  }

  @Delete(':name/shadow')
  @HttpCode(200)
  @Allow('admin', 'manager')
  @ApiOperation({ summary: 'Ask this model in shadow no longer' })
  @ApiResponse({ status: 200, type: ModelView })
  @ApiResponse({ status: 404, description: 'It is not asked in shadow.' })
  async endShadow(@Param('name') name: string, @CurrentCaller() caller: Caller): Promise<ModelView> {
    return this.units.run(async (unit) => {
      const model = await this.models.shadowed(unit.query, name);
      if (!model || !(await this.models.endShadow(unit.query, model))) throw notFound('model in shadow');
      unit.say([shadowEnded(model, caller.keyId, unit.now)]);
      return { ...model, shadow: false };
    });
  }

  private async known(name: string, version: number | undefined): Promise<StoredModel> {
    const model = await this.models.find(this.units.query, name, version);
    if (!model) throw notFound('model');
    return model;
  }
}

function shadowOf({ name, version, hash }: StoredModel, grades: readonly GradesOfBoth[]): ShadowView {
  const leads = grades.reduce((sum, each) => sum + each.leads, 0);
  const same = grades.filter(({ was, would }) => was === would).reduce((sum, each) => sum + each.leads, 0);
  return { name, version, hash, leads, differ: leads - same, grades: [...grades] };
}

function versionOf(version: unknown): number | undefined {
  if (version === undefined) return undefined;
  const number = typeof version === 'string' && /^\d{1,10}$/.test(version) ? Number(version) : 0;
  if (number < 1 || number > MAX_VERSION)
    throw invalidInput([{ field: 'version', detail: 'must be a whole number from 1' }]);
  return number;
}

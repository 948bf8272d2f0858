import { Body, Controller, Get, HttpCode, Param, Put } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiOperation,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { LeadInput, Mapping, parseDefaults, parseMapping } from '@fairlead/decisions';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound } from '@fairlead/platform';
import { IsIn, IsObject, IsOptional } from 'class-validator';
import { isSourceId } from '../intake/prepare-rows.js';
import { type Format, formats, type Source, SourcesStore } from '../store/sources.store.js';

export class SourceDocument {
  @ApiProperty({ enum: formats, description: 'What it sends; its mapping is about this format.' })
  @IsIn(formats)
  format: Format;

  @ApiPropertyOptional({ ...(Mapping as object), description: 'How its columns and words become ours.' })
  @IsOptional()
  @IsObject()
  mapping?: Record<string, unknown>;

  @ApiPropertyOptional({ ...(LeadInput as object), description: 'What holds for leads that do not say it themselves.' })
  @IsOptional()
  @IsObject()
  defaults?: Record<string, unknown>;
}

@ApiTags('sources')
@ApiBearerAuth()
@ApiParam({ name: 'sourceId', description: 'Letters, digits, dots, hyphens and underscores; at most 63.' })
@Controller('v1/sources/:sourceId')
export class SourcesController {
  constructor(private readonly sources: SourcesStore) {}

  @Put()
  @HttpCode(200)
  @Allow('manager', 'admin')
  @ApiOperation({ summary: 'Say where leads may come from, and how to read them' })
  @ApiResponse({ status: 200, type: SourceDocument })
  @ApiResponse({ status: 400, description: 'The document is not valid; every wrong field is named.' })
  async put(@Param('sourceId') id: string, @Body() body: SourceDocument): Promise<Source> {
    const mapping = body.mapping == null ? undefined : parseMapping(body.mapping);
    const defaults = body.defaults == null ? undefined : parseDefaults(body.defaults);
    const errors = [
      ...(isSourceId(id)
        ? []
        : [{ field: 'sourceId', detail: 'Letters, digits, dots, hyphens, underscores; at most 63.' }]),
      ...(mapping?.ok === false ? mapping.errors : []),
      ...(defaults?.ok === false ? defaults.errors : []),
    ];
    if (errors.length > 0) throw invalidInput(errors);

    const source: Source = {
      id,
      format: body.format,
      ...(mapping?.ok && { mapping: mapping.mapping }),
      ...(defaults?.ok && { defaults: defaults.defaults }),
    };
    await this.sources.put(source);
    return source;
  }

  @Get()
  @Allow('source', 'manager', 'admin', 'auditor')
  @ApiOperation({ summary: 'Read a source; a source’s key reads its own' })
  @ApiResponse({ status: 200, type: SourceDocument })
  @ApiResponse({ status: 404, description: 'There is no such source, or it is not yours.' })
  async get(@Param('sourceId') id: string, @CurrentCaller() { role, sourceId }: Caller): Promise<Source> {
    const source = role === 'source' && sourceId !== id ? undefined : await this.sources.read(id);
    if (!source) throw notFound('source');
    return source;
  }
}

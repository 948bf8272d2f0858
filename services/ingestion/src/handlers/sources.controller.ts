import { Body, Controller, Get, HttpCode, Inject, Param, Put } from '@nestjs/common';
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
import {
  Allow,
  type Caller,
  CurrentCaller,
  type FieldError,
  invalidInput,
  notFound,
  publishedSchema,
} from '@fairlead/platform';
import { refusalOf } from '@fairlead/platform/outgoing';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { createPublicKey } from 'node:crypto';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { isSourceId, SOURCE_ID } from '../intake/prepare-rows.js';
import { type Format, formats } from '../sources/formats.js';
import { type ShownSource, SourcesStore } from '../store/sources.store.js';

const mappingSchema = publishedSchema('Mapping', Mapping);
const leadSchema = publishedSchema('LeadInput', LeadInput);

/** Longer than those of any tool. A token may be a signed document (a JWT) of some kilobytes. */
const SECRET = /^[\x20-\x7e]{1,512}$/;
const MAX_TOKEN_LENGTH = 8_192;
/** A tool signs with two keys at most; twice that while it changes them. */
const MAX_PUBLIC_KEYS = 4;
const MIN_RSA_BITS = 2_048;

export class SourceFetching {
  @ApiProperty({ description: 'Where the tool’s API begins: https, and a public address.', maxLength: 2_048 })
  @IsString()
  @MaxLength(2_048)
  baseUrl: string;

  @ApiPropertyOptional({ description: 'Shown to it as bearer. Never shown again; left out, it stays as it is.' })
  @IsOptional()
  @IsString()
  @Matches(/^[\x21-\x7e]+$/, { message: 'must be visible ASCII characters without spaces' })
  @MaxLength(MAX_TOKEN_LENGTH)
  token?: string;
}

export class SourceDocument {
  @ApiProperty({ enum: formats, description: 'What it sends; its mapping is about this format.' })
  @IsIn(formats)
  format: Format;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    writeOnly: true,
    description:
      'What the tool signs with, or sends along. Left out, it stays as it is; a new one leaves the one before valid for a day; null ends both.',
  })
  @ValidateIf((_, value) => value != null)
  @Matches(SECRET, { message: 'must be 1 to 512 printable ASCII characters' })
  secret?: string | null;

  @ApiPropertyOptional({ type: [String], description: 'PEM; of tools that sign with a key of their own (Marketo).' })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PUBLIC_KEYS)
  @IsString({ each: true })
  @MaxLength(4_096, { each: true })
  publicKeys?: string[];

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    writeOnly: true,
    description: 'What Meta says when it asks whether the address is ours; the secret, when left out from the start.',
  })
  @ValidateIf((_, value) => value != null)
  @Matches(SECRET, { message: 'must be 1 to 512 printable ASCII characters' })
  verifyToken?: string | null;

  @ApiPropertyOptional({ description: 'How what its webhooks only name is asked for.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SourceFetching)
  fetch?: SourceFetching;

  @ApiPropertyOptional({ ...mappingSchema, description: 'How its columns and words become ours.' })
  @IsOptional()
  @IsObject()
  mapping?: Record<string, unknown>;

  @ApiPropertyOptional({ ...leadSchema, description: 'What holds for leads that do not say it themselves.' })
  @IsOptional()
  @IsObject()
  defaults?: Record<string, unknown>;
}

/** What is shown of a source. */
export class SourceShown {
  @ApiProperty() id: string;
  @ApiProperty({ enum: formats }) format: Format;
  @ApiPropertyOptional(mappingSchema) mapping?: object;
  @ApiPropertyOptional(leadSchema) defaults?: object;
  @ApiPropertyOptional({ description: 'Since when it has its secret; absent: it has none.' }) secretSince?: Date;
  @ApiPropertyOptional({ description: 'The secret before is valid until then.' }) previousSecretUntil?: Date;
  @ApiPropertyOptional({ type: [String] }) publicKeys?: string[];
  @ApiPropertyOptional() hasVerifyToken?: boolean;
  @ApiPropertyOptional({
    type: 'object',
    properties: { baseUrl: { type: 'string' }, hasToken: { type: 'boolean' } },
  })
  fetch?: object;
}

@ApiTags('sources')
@ApiBearerAuth()
@ApiParam({
  name: 'sourceId',
  description: 'Letters, digits, dots, hyphens and underscores; at most 63.',
  schema: { type: 'string', pattern: SOURCE_ID.source },
})
@Controller('v1/sources/:sourceId')
export class SourcesController {
  constructor(
    private readonly sources: SourcesStore,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  @Put()
  @HttpCode(200)
  @Allow('manager', 'admin')
  @ApiOperation({ summary: 'Say where leads may come from, and how to verify and read them' })
  @ApiResponse({ status: 200, type: SourceShown })
  @ApiResponse({ status: 400, description: 'The document is not valid; every wrong field is named.' })
  async put(@Param('sourceId') id: string, @Body() body: SourceDocument): Promise<ShownSource> {
    const mapping = body.mapping == null ? undefined : parseMapping(body.mapping);
    const defaults = body.defaults == null ? undefined : parseDefaults(body.defaults);
    const refusal = body.fetch && (await this.#refusalOf(body.fetch.baseUrl));
    const errors: FieldError[] = [
      ...(isSourceId(id)
        ? []
        : [{ field: 'sourceId', detail: 'Letters, digits, dots, hyphens, underscores; at most 63.' }]),
      ...(mapping?.ok === false ? mapping.errors : []),
      ...(defaults?.ok === false ? defaults.errors : []),
      ...(body.publicKeys ?? []).flatMap((pem, index) => wrongKey(pem, index)),
      ...(refusal === undefined ? [] : [{ field: '/fetch/baseUrl', detail: refusal }]),
    ];
    if (errors.length > 0) throw invalidInput(errors);

    const shown = await this.sources.put({
      id,
      format: body.format,
      ...(mapping?.ok && { mapping: mapping.mapping }),
      ...(defaults?.ok && { defaults: defaults.defaults }),
      secret: body.secret,
      publicKeys: body.publicKeys ?? [],
      verifyToken: body.verifyToken,
      ...(body.fetch && { fetch: { baseUrl: body.fetch.baseUrl.replace(/\/+$/, ''), token: body.fetch.token } }),
    });
    if (shown === 'token-needed')
      throw invalidInput([{ field: '/fetch/token', detail: 'There is none yet for this address.' }]);
    return shown;
  }

  async #refusalOf(baseUrl: string): Promise<string | undefined> {
    const refusal = await refusalOf(baseUrl, this.settings.guard);
    // Paths are added to it.
    return refusal ?? (baseUrl.includes('?') ? 'must not contain a query' : undefined);
  }

  @Get()
  @Allow('source', 'manager', 'admin', 'auditor')
  @ApiOperation({ summary: 'Read a source, without its secrets; a source’s key reads its own' })
  @ApiResponse({ status: 200, type: SourceShown })
  @ApiResponse({ status: 404, description: 'There is no such source, or it is not yours.' })
  async get(@Param('sourceId') id: string, @CurrentCaller() { role, sourceId }: Caller): Promise<ShownSource> {
    const source = role === 'source' && sourceId !== id ? undefined : await this.sources.show(id);
    if (!source) throw notFound('source');
    return source;
  }
}

function wrongKey(pem: string, index: number): FieldError[] {
  const field = `/publicKeys/${index}`;
  try {
    // Of a private key that somebody pasted, the public part would be taken, and the rest stored and shown.
    if (/PRIVATE/.test(pem)) return [{ field, detail: 'Must be a public key, not a private one.' }];
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    const isRsa = asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS;
    return isRsa ? [] : [{ field, detail: `Must be an RSA key of at least ${MIN_RSA_BITS} bits.` }];
  } catch {
    return [{ field, detail: 'Must be a public key as PEM.' }];
  }
}

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
import { parseSecret, refusalOf } from '@fairlead/platform/outgoing';
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
import type { Client } from '../feedback/access-tokens.js';
import { wrongOutcomes } from '../feedback/check-outcomes.js';
import { type Consent, consents } from '../feedback/telling.js';
import { isSourceId, SOURCE_ID } from '../intake/prepare-rows.js';
import { type Format, formatOf, formats } from '../sources/formats.js';
import { type Needed, type ShownSource, SourcesStore } from '../store/sources.store.js';

const mappingSchema = publishedSchema('Mapping', Mapping);
const leadSchema = publishedSchema('LeadInput', LeadInput);

/** Longer than those of any tool. A token may be a signed document (a JWT) of some kilobytes. */
const SECRET = /^[\x20-\x7e]{1,512}$/;
const MAX_TOKEN_LENGTH = 8_192;
/** A tool signs with two keys at most; twice that while it changes them. */
const MAX_PUBLIC_KEYS = 4;
const MIN_RSA_BITS = 2_048;

/** OAuth 2. All of it is given together, never shown again, and stays as it is when the whole is left out. */
export class ToolClient {
  @ApiProperty({ maxLength: 512 })
  @Matches(SECRET, { message: 'must be 1 to 512 printable ASCII characters' })
  id: string;

  @ApiProperty({ maxLength: 512, writeOnly: true })
  @Matches(SECRET, { message: 'must be 1 to 512 printable ASCII characters' })
  secret: string;

  @ApiPropertyOptional({
    description: 'Google Ads: what it gave when somebody agreed that the client may act for them.',
    maxLength: 512,
    writeOnly: true,
  })
  @IsOptional()
  @Matches(SECRET, { message: 'must be 1 to 512 printable ASCII characters' })
  refreshToken?: string;

  @ApiPropertyOptional({
    description:
      'Where tokens are given: https, and a public address. Where the tool usually gives them, when left out.',
    maxLength: 2_048,
  })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  tokenUrl?: string;
}

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

  @ApiPropertyOptional({
    description: 'As whom it is asked by tools whose tokens end, instead of a token: Marketo, Salesforce.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ToolClient)
  client?: ToolClient;
}

export class SourceFeedback {
  @ApiProperty({ description: 'Where feedback is posted to: https, and a public address.', maxLength: 2_048 })
  @IsString()
  @MaxLength(2_048)
  url: string;

  @ApiPropertyOptional({
    description:
      'What it is signed with, as Standard Webhooks says: `whsec_` and base64. Never shown again; left out, it stays as it is; a new ' +
      'one leaves the one before signing for a day.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(128)
  secret?: string;
}

export class SourceOutcomes {
  @ApiProperty({ description: 'Where the tool’s API begins: https, and a public address.', maxLength: 2_048 })
  @IsString()
  @MaxLength(2_048)
  baseUrl: string;

  @ApiPropertyOptional({ description: 'As whom it is told. Never shown again; left out, it stays as it is.' })
  @IsOptional()
  @IsString()
  @Matches(/^[\x21-\x7e]+$/, { message: 'must be visible ASCII characters without spaces' })
  @MaxLength(MAX_TOKEN_LENGTH)
  token?: string;

  @ApiPropertyOptional({
    description: 'As whom it is told by tools whose tokens end after an hour: Google Ads, Marketo, Mautic.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ToolClient)
  client?: ToolClient;

  @ApiPropertyOptional({
    description:
      'Google Ads: an account; HubSpot: a property; Marketo and Mautic: a field; Meta: the id of a data set; Salesforce: an object and its field.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  into?: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string' },
    description:
      'The tool’s words by ours: `won`, `returned`, or `returned.spam` for one reason alone. For the rest nothing is told.',
  })
  @IsObject()
  words: Record<string, unknown>;

  @ApiPropertyOptional({
    enum: consents,
    description: 'Google Ads: what it is told of people’s consent to the use for advertising; nothing, when left out.',
  })
  @IsOptional()
  @IsIn(consents)
  consent?: Consent;
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

  @ApiPropertyOptional({
    description:
      'How what its webhooks only name is asked for. Whenever it is given, what waits and what was given up is asked for at once.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SourceFetching)
  fetch?: SourceFetching;

  @ApiPropertyOptional({ description: 'Where it is told what becomes of its leads.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SourceFeedback)
  feedback?: SourceFeedback;

  @ApiPropertyOptional({
    description: 'How the tool itself is told: Google Ads, HubSpot, LinkedIn, Marketo, Mautic, Meta, Salesforce.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => SourceOutcomes)
  outcomes?: SourceOutcomes;

  @ApiPropertyOptional({ ...mappingSchema, description: 'How its columns and words become ours.' })
  @IsOptional()
  @IsObject()
  mapping?: Record<string, unknown>;

  @ApiPropertyOptional({ ...leadSchema, description: 'What holds for leads that do not say it themselves.' })
  @IsOptional()
  @IsObject()
  defaults?: Record<string, unknown>;
}

const health = {
  failing: { type: 'string', description: 'With what it fails; absent: it works, or was not tried yet.' },
  failingSince: { type: 'string', format: 'date-time' },
} as const;

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
    properties: { baseUrl: { type: 'string' }, hasToken: { type: 'boolean' }, hasClient: { type: 'boolean' } },
  })
  fetch?: object;
  @ApiPropertyOptional({
    type: 'object',
    required: ['waiting', 'givenUp'],
    description: 'What webhooks only named; of tools that do so.',
    properties: {
      waiting: { type: 'integer', description: 'Named, and not answered yet.' },
      since: { type: 'string', format: 'date-time', description: 'Since when the longest of it waits.' },
      givenUp: {
        type: 'integer',
        description:
          'Asked for nine times in vain: asked for once more when the source is put with `fetch`, within thirty days.',
      },
      failing: { type: 'string', description: 'With what most of it failed; absent: with nothing.' },
    },
  })
  wanted?: object;
  @ApiPropertyOptional({
    type: 'object',
    properties: { url: { type: 'string' }, hasSecret: { type: 'boolean' }, ...health },
  })
  feedback?: object;
  @ApiPropertyOptional({
    type: 'object',
    properties: {
      baseUrl: { type: 'string' },
      into: { type: 'string' },
      words: { type: 'object', additionalProperties: { type: 'string' } },
      consent: { type: 'string', enum: [...consents] },
      hasToken: { type: 'boolean' },
      hasClient: { type: 'boolean' },
      ...health,
    },
  })
  outcomes?: object;
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
    const { fetch, feedback, outcomes } = body;
    const errors: FieldError[] = [
      ...(isSourceId(id)
        ? []
        : [{ field: 'sourceId', detail: 'Letters, digits, dots, hyphens, underscores; at most 63.' }]),
      ...(mapping?.ok === false ? mapping.errors : []),
      ...(defaults?.ok === false ? defaults.errors : []),
      ...(body.publicKeys ?? []).flatMap((pem, index) => wrongKey(pem, index)),
      ...(fetch ? await this.#wrongFetching(body.format, fetch) : []),
      ...(feedback ? await this.#wrongFeedback(feedback) : []),
      ...(outcomes ? await this.#wrongOutcomes(body.format, outcomes) : []),
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
      ...(fetch && {
        fetch: {
          ...{ baseUrl: withoutSlash(fetch.baseUrl), token: fetch.token ?? undefined },
          ...(fetch.client && { client: clientOf(fetch.client) }),
        },
      }),
      ...(feedback && { feedback: { url: feedback.url, secret: feedback.secret ?? undefined } }),
      ...(outcomes && {
        outcomes: {
          ...{ baseUrl: withoutSlash(outcomes.baseUrl), token: outcomes.token ?? undefined },
          ...(outcomes.client && { client: clientOf(outcomes.client) }),
          ...(outcomes.into != null && { into: outcomes.into }),
          words: outcomes.words as Record<string, string>,
          ...(outcomes.consent && { consent: outcomes.consent }),
        },
      }),
    });
    if (typeof shown === 'string')
      throw invalidInput([{ field: fieldOf[shown], detail: 'There is none yet for this address.' }]);
    return shown;
  }

  async #wrongFetching(format: Format, { baseUrl, token, client }: SourceFetching): Promise<FieldError[]> {
    const refusal = await this.#refusalOf(baseUrl);
    const tokenRefusal = client?.tokenUrl == null ? undefined : await this.#refusalOf(client.tokenUrl);
    const field = '/fetch/client';
    return [
      ...(refusal === undefined ? [] : [{ field: '/fetch/baseUrl', detail: refusal }]),
      ...(tokenRefusal === undefined ? [] : [{ field: `${field}/tokenUrl`, detail: tokenRefusal }]),
      ...(client && !formatOf(format)?.fetching?.grant
        ? [{ field, detail: 'This tool is asked with a token: give token instead.' }]
        : []),
      ...(client && token != null ? [{ field, detail: 'Give either token or client.' }] : []),
      ...(client?.refreshToken == null ? [] : [{ field: `${field}/refreshToken`, detail: 'This tool gives none.' }]),
    ];
  }

  async #wrongFeedback({ url, secret }: SourceFeedback): Promise<FieldError[]> {
    const refusal = await refusalOf(url, this.settings.guard);
    return [
      ...(refusal === undefined ? [] : [{ field: '/feedback/url', detail: refusal }]),
      ...(secret == null || isWebhookSecret(secret)
        ? []
        : [{ field: '/feedback/secret', detail: 'Must be whsec_ and 24 to 64 bytes as base64.' }]),
    ];
  }

  async #wrongOutcomes(format: Format, outcomes: SourceOutcomes): Promise<FieldError[]> {
    const { baseUrl, client } = outcomes;
    const refusal = await this.#refusalOf(baseUrl);
    const tokenRefusal = client?.tokenUrl == null ? undefined : await this.#refusalOf(client.tokenUrl);
    return [
      ...(refusal === undefined ? [] : [{ field: '/outcomes/baseUrl', detail: refusal }]),
      ...(tokenRefusal === undefined ? [] : [{ field: '/outcomes/client/tokenUrl', detail: tokenRefusal }]),
      ...wrongOutcomes(format, outcomes),
    ];
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

const fieldOf: Readonly<Record<Needed, string>> = {
  'token-needed': '/fetch/token',
  'feedback-secret-needed': '/feedback/secret',
  'outcomes-token-needed': '/outcomes/token',
  'outcomes-client-needed': '/outcomes/client',
};

/** What is left out may also be said to be null. */
function clientOf({ id, secret, refreshToken, tokenUrl }: ToolClient): Client {
  return { id, secret, ...(refreshToken != null && { refreshToken }), ...(tokenUrl != null && { tokenUrl }) };
}

function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

function isWebhookSecret(text: string): boolean {
  try {
    return parseSecret(text) !== undefined;
  } catch {
    return false;
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

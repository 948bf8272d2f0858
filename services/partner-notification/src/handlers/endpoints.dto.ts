import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayContains,
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Length,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { Type } from 'class-transformer';
import { MAX_HEADERS } from '../delivery/custom-headers.js';
import { FLAVOURS, type Flavour, type Kind, KINDS } from '../doors/door.js';
import { EMAIL_ADDRESS, MAX_EMAIL_LENGTH } from '../mail-settings.js';
import { subscribable, type Subscribable } from '../delivery/webhook-events.js';
import type { EndpointState, Scheme } from '../store/endpoints.store.js';

/** A team, or its mailing list. */
const MAX_ADDRESSES = 10;
const MAX_URL_LENGTH = 2_048;
/** Of each kind in a filter. Whoever lists more means something else. */
const MAX_WANTED = 100;
const MAX_CONCURRENCY = 1_000;
const MAX_PER_SECOND = 10_000;
const PERIODS = ['hour', 'day'] as const;
const TIME_OF_DAY = /^([01]\d|2[0-3]):[0-5]\d$/;
/** America/Argentina/ComodRivadavia has 32. */
const MAX_ZONE_LENGTH = 64;
const ORDERS = ['per-lead', 'strict'] as const;
const SIGNATURES = ['v1', 'v1a'] as const;
const GRADES = ['A', 'B', 'C', 'D'] as const;

/** As the conditions of a pool: each that is there must hold, by one of its values. */
export class EndpointFilterDocument {
  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_WANTED, description: 'Pools of the policy.' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WANTED)
  @Matches(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, { each: true })
  pools?: string[];

  @ApiPropertyOptional({ enum: GRADES, isArray: true, description: 'As the lead was offered with.' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(GRADES.length)
  @IsIn(GRADES, { each: true })
  grades?: (typeof GRADES)[number][];

  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_WANTED, description: 'ISO 3166-1 alpha-2' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WANTED)
  @Matches(/^[A-Z]{2}$/, { each: true })
  countries?: string[];

  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_WANTED, description: 'ISO 3166-2' })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WANTED)
  @Matches(/^[A-Z]{2}-[A-Z0-9]{1,3}$/, { each: true })
  regions?: string[];

  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_WANTED })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WANTED)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  products?: string[];

  @ApiPropertyOptional({ type: [String], minItems: 1, maxItems: MAX_WANTED })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_WANTED)
  @IsString({ each: true })
  @Length(1, 128, { each: true })
  industries?: string[];
}

export class DigestDocument {
  @ApiProperty({ enum: PERIODS, description: '`hour`: at every full hour. `day`: at a time of each day.' })
  @IsIn(PERIODS)
  every: (typeof PERIODS)[number];

  @ApiPropertyOptional({ pattern: TIME_OF_DAY.source, description: 'Of `day`, which needs it: `07:30`.' })
  @IsOptional()
  @Matches(TIME_OF_DAY)
  at?: string;

  @ApiPropertyOptional({
    default: 'UTC',
    maxLength: MAX_ZONE_LENGTH,
    description: 'Of `at`: by IANA, `Europe/Berlin`.',
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_ZONE_LENGTH)
  timeZone?: string;
}

export class PutEndpoint {
  @ApiPropertyOptional({
    enum: KINDS,
    default: 'webhook',
    description:
      '`webhook`: to a server. `email`: to people, with a link that answers an offer. `chat`: the same without contact data, to an ' +
      'incoming webhook of Slack or Teams, or of a chat that takes after either. `digest`: by e-mail, what came since the last one as a ' +
      'table (CSV); nothing is sent where nothing came. It stays what it was made as.',
  })
  @IsOptional()
  @IsIn(KINDS)
  kind?: Kind;

  @ApiPropertyOptional({
    description:
      'Where webhooks are sent: https, and a public address. Also of a `chat`, and then kept encrypted and not shown whole again. ' +
      'Both need one.',
    maxLength: MAX_URL_LENGTH,
  })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_URL_LENGTH)
  url?: string;

  @ApiPropertyOptional({
    type: [String],
    minItems: 1,
    maxItems: MAX_ADDRESSES,
    description: 'Of an `email` or a `digest`, which need them: to whom. Kept encrypted.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(MAX_ADDRESSES)
  @ArrayUnique()
  @Length(3, MAX_EMAIL_LENGTH, { each: true })
  @Matches(EMAIL_ADDRESS, { each: true })
  to?: string[];

  @ApiPropertyOptional({ enum: FLAVOURS, default: 'slack', description: 'Of a `chat`: whose format it reads.' })
  @IsOptional()
  @IsIn(FLAVOURS)
  flavour?: Flavour;

  @ApiPropertyOptional({ type: DigestDocument, description: 'Of a `digest`, which needs it: when it is sent.' })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => DigestDocument)
  digest?: DigestDocument;

  @ApiProperty({ description: 'Which events are sent.', enum: subscribable, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(subscribable.length)
  @ArrayUnique()
  @IsIn(subscribable, { each: true })
  events: Subscribable[];

  @ApiPropertyOptional({
    type: EndpointFilterDocument,
    description:
      'Which leads it is told of; left out: of all. A lead of which what is asked for is not known does not pass. ' +
      '`lead.erased` always does.',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => EndpointFilterDocument)
  filter?: EndpointFilterDocument;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    maxProperties: MAX_HEADERS,
    writeOnly: true,
    description:
      'Headers to send along, such as `authorization` for a gateway. Kept encrypted and never shown again. Left out, they stay ' +
      'as they are, unless the address is now of another origin: then they have to be said anew. `{}` ends them.',
  })
  @IsOptional()
  @IsObject()
  headers?: Record<string, unknown>;

  @ApiPropertyOptional({
    enum: SIGNATURES,
    isArray: true,
    description:
      'How it is signed: `v1` (HMAC) always, `v1a` (Ed25519) beside it when asked for. Left out, it stays as it is, and is ' +
      '`v1` for a new one.',
  })
  @IsOptional()
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(SIGNATURES.length)
  @ArrayUnique()
  @IsIn(SIGNATURES, { each: true })
  @ArrayContains(['v1'])
  signatures?: Scheme[];

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_CONCURRENCY,
    description:
      'At most so many at once from each sender; left out, or where it is more: what the service allows each endpoint.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_CONCURRENCY)
  concurrency?: number;

  @ApiPropertyOptional({
    type: 'integer',
    minimum: 1,
    maximum: MAX_PER_SECOND,
    description: 'At most so many a second, from all senders together; left out: no limit.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_PER_SECOND)
  perSecond?: number;

  @ApiPropertyOptional({
    enum: ORDERS,
    default: 'per-lead',
    description:
      '`per-lead`: what is about one lead comes in order. `strict`: everything does, one after the other; a webhook that fails ' +
      'then holds up all that follow. A `digest` is always sent so.',
  })
  @IsOptional()
  @IsIn(ORDERS)
  order?: (typeof ORDERS)[number];
}

export class SecretAgeView {
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: until it is replaced.' })
  expiresAt: string | null;
}

export class PublicKeyView extends SecretAgeView {
  @ApiProperty({ description: '`whpk_` and base64: verifies `v1a` signatures.' }) key: string;
}

export class DigestView extends DigestDocument {
  @ApiProperty({
    type: String,
    format: 'date-time',
    description: 'When the next one is sent, if anything comes until then.',
  })
  next: string;
}

export class EndpointView {
  @ApiProperty() party: string;
  @ApiProperty() id: string;
  @ApiProperty({ enum: KINDS }) kind: Kind;
  @ApiPropertyOptional({
    description: 'Of a webhook; of a chat where it begins, because whoever knows it can write there.',
  })
  url?: string;
  @ApiPropertyOptional({ type: [String], description: 'Of an `email` or a `digest`.' }) to?: readonly string[];
  @ApiPropertyOptional({ enum: FLAVOURS, description: 'Of a `chat`.' }) flavour?: Flavour;
  @ApiPropertyOptional({ type: DigestView, description: 'Of a `digest`.' }) digest?: DigestView;
  @ApiProperty({ enum: subscribable, isArray: true }) events: readonly string[];
  @ApiPropertyOptional({ type: EndpointFilterDocument }) filter?: EndpointFilterDocument;
  @ApiProperty({ type: [String], description: 'Which headers of its own are sent along; never what they say.' })
  headerNames: readonly string[];
  @ApiPropertyOptional({ type: 'integer' }) concurrency?: number;
  @ApiPropertyOptional({ type: 'integer' }) perSecond?: number;
  @ApiProperty({ enum: ORDERS }) order: (typeof ORDERS)[number];
  @ApiProperty({ enum: SIGNATURES, isArray: true }) signatures: readonly Scheme[];
  @ApiProperty({ enum: ['active', 'failing', 'disabled'] }) state: EndpointState['state'];
  @ApiPropertyOptional({ description: 'Why it is failing or disabled.' }) reason?: string;
  @ApiProperty({ type: String, format: 'date-time', description: 'Since when it is in that state.' }) since: Date;
  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Nothing is sent before then.' })
  restingUntil?: Date;
  @ApiProperty({ type: [SecretAgeView], description: 'Since when each secret signs, and until when.' })
  secrets: EndpointState['secrets'];
  @ApiProperty({ type: [PublicKeyView], description: 'What verifies `v1a` signatures, the newest first.' })
  publicKeys: EndpointState['publicKeys'];
}

export class MadeEndpointView extends EndpointView {
  @ApiPropertyOptional({ description: 'Only of a webhook that was made: shown this once.' }) secret?: string;
}

export class EndpointsView {
  @ApiProperty({ type: [EndpointView] }) endpoints: EndpointView[];
}

export class NewSecretView {
  @ApiProperty() secret: string;
  @ApiProperty({ type: 'integer', description: 'For so long the one before signs, too.' }) overlapHours: number;
}

export class NewPublicKeyView {
  @ApiProperty({ description: '`whpk_` and base64; shown with the endpoint, too.' }) publicKey: string;
  @ApiProperty({ type: 'integer', description: 'For so long the one before signs, too.' }) overlapHours: number;
}

export class TestSentView {
  @ApiProperty({ format: 'uuid', description: 'Of the delivery, and the `webhook-id` that it is sent under.' })
  deliveryId: string;
}

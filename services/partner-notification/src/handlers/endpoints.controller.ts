import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Logger, Param, Post, Put, Query, Res } from '@nestjs/common';
import {
  ApiBearerAuth,
  ApiParam,
  ApiProperty,
  ApiPropertyOptional,
  ApiQuery,
  ApiResponse,
  ApiTags,
} from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { SecretBox } from '@fairlead/personal-data';
import {
  Allow,
  ApiPage,
  type Caller,
  CurrentCaller,
  invalidInput,
  notFound,
  pageLimit,
  Problem,
} from '@fairlead/platform';
import { newSecret, refusalOf } from '@fairlead/platform/outgoing';
import { ArrayMaxSize, ArrayMinSize, ArrayUnique, IsArray, IsIn, IsString, MaxLength } from 'class-validator';
import type { FastifyReply } from 'fastify';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { Dispatcher } from '../delivery/dispatcher.js';
import { subscribable, type Subscribable } from '../delivery/webhook-events.js';
import { DeliveriesStore } from '../store/deliveries.store.js';
import { EndpointsStore, type EndpointState, MAX_SECRETS, type NewSecret } from '../store/endpoints.store.js';

/** Room for a staging, a production and a few special receivers; every one of them multiplies what is sent. */
const MAX_ENDPOINTS = 20;
const MAX_URL_LENGTH = 2_048;
/** Long enough to bring a new secret to every receiver within a working day. */
const OVERLAP_MS = 24 * 3_600_000;

const PARTY_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ENDPOINT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const SEQUENCE = /^\d{1,18}$/;
const STATES = ['pending', 'delivered', 'failed', 'withheld'] as const;

export class PutEndpoint {
  @ApiProperty({ description: 'Where webhooks are sent: https, and a public address.', maxLength: MAX_URL_LENGTH })
  @IsString()
  @MaxLength(MAX_URL_LENGTH)
  url: string;

  @ApiProperty({ description: 'Which events are sent.', enum: subscribable, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(subscribable.length)
  @ArrayUnique()
  @IsIn(subscribable, { each: true })
  events: Subscribable[];
}

export class SecretAgeView {
  @ApiProperty({ format: 'date-time' }) createdAt: string;
  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'Null: until it is replaced.' })
  expiresAt: string | null;
}

export class EndpointView {
  @ApiProperty() party: string;
  @ApiProperty() id: string;
  @ApiProperty() url: string;
  @ApiProperty({ enum: subscribable, isArray: true }) events: readonly string[];
  @ApiProperty({ enum: ['active', 'failing', 'disabled'] }) state: EndpointState['state'];
  @ApiPropertyOptional({ description: 'Why it is failing or disabled.' }) reason?: string;
  @ApiProperty({ type: String, format: 'date-time', description: 'Since when it is in that state.' }) since: Date;
  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Nothing is sent before then.' })
  restingUntil?: Date;
  @ApiProperty({ type: [SecretAgeView], description: 'Since when each secret signs, and until when.' })
  secrets: EndpointState['secrets'];
}

export class MadeEndpointView extends EndpointView {
  @ApiPropertyOptional({ description: 'Only of one that was made: shown this once.' }) secret?: string;
}

export class EndpointsView {
  @ApiProperty({ type: [EndpointView] }) endpoints: EndpointView[];
}

export class NewSecretView {
  @ApiProperty() secret: string;
  @ApiProperty({ type: 'integer', description: 'For so long the one before signs, too.' }) overlapHours: number;
}

export class AttemptView {
  @ApiProperty({ type: 'integer' }) attempt: number;
  @ApiProperty({ format: 'date-time' }) startedAt: string;
  @ApiProperty({ type: 'integer', nullable: true }) durationMs: number | null;
  @ApiProperty({ type: 'integer', nullable: true, description: 'Of the answer, where there was one.' })
  status: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'What went wrong, in a word.' }) failure: string | null;
  @ApiProperty({ type: String, nullable: true, description: 'The beginning of the answer.' }) excerpt: string | null;
}

export class DeliveryView {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ format: 'uuid' }) eventId: string;
  @ApiProperty() eventType: string;
  @ApiProperty({ format: 'uuid' }) leadId: string;
  @ApiProperty({ enum: STATES }) state: string;
  @ApiProperty({ type: String, nullable: true }) reason: string | null;
  @ApiProperty({ type: String, format: 'date-time' }) createdAt: Date;
  @ApiProperty({ type: String, format: 'date-time', nullable: true }) nextAttemptAt: Date | null;
  @ApiProperty({ type: [AttemptView] }) attempts: readonly unknown[];
}

export class DeliveriesView {
  @ApiProperty({ type: [DeliveryView] }) deliveries: DeliveryView[];
  @ApiPropertyOptional({ description: 'Where there are more: `after` of the next page.' }) next?: string;
}

/** Where a party's webhooks go. A partner's key sees its own; another party's look like none at all. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/endpoints')
@Allow('admin', 'manager', 'partner')
export class EndpointsController {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly endpoints: EndpointsStore,
    private readonly deliveries: DeliveriesStore,
    private readonly secrets: SecretBox,
    private readonly dispatcher: Dispatcher,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  @Put(':endpointId')
  @ApiParam({ name: 'endpointId', schema: { type: 'string', pattern: ENDPOINT_ID.source } })
  @ApiResponse({ status: 409, description: '`too-many-endpoints`' })
  @ApiResponse({ status: 201, type: MadeEndpointView, description: 'Made. Its secret is shown this once.' })
  @ApiResponse({
    status: 200,
    type: MadeEndpointView,
    description: 'Changed, and active again if it was disabled. The secret stays.',
  })
  async put(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @Body() body: PutEndpoint,
    @CurrentCaller() caller: Caller,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MadeEndpointView> {
    refuseOthers(party, caller);
    if (!PARTY_ID.test(party)) throw notFound('partner');
    if (!ENDPOINT_ID.test(id))
      throw invalidInput([{ field: 'endpointId', detail: 'must be 1 to 63 letters, digits, hyphens or underscores' }]);
    const refusal = await refusalOf(body.url, this.settings.guard);
    if (refusal) throw invalidInput([{ field: '/url', detail: refusal }]);

    const secret = newSecret();
    const { created, endpoint } = await this.units.run(async (unit) => {
      const { created, key } = await this.endpoints.put(unit.query, { party, id, ...body }, this.#sealed(secret));
      unit.afterCommit(() => this.dispatcher.tryAgain(key));
      if (created && (await this.endpoints.count(unit.query, party)) > MAX_ENDPOINTS)
        throw new Problem(409, {
          type: 'too-many-endpoints',
          detail: `A party has at most ${MAX_ENDPOINTS} endpoints.`,
        });
      return { created, endpoint: await this.endpoints.get(unit.query, party, id) };
    });
    if (!endpoint) throw notFound('endpoint');
    this.logger.log({ event: 'endpoint.put', party, endpointId: id, created, actor: caller.keyId });
    void reply.status(created ? 201 : 200);
    return { ...shown(endpoint), ...(created && { secret }) };
  }

  @Get()
  @ApiResponse({ status: 200, type: EndpointsView, description: 'All endpoints of the party, by id.' })
  async list(@Param('partnerId') party: string, @CurrentCaller() caller: Caller): Promise<EndpointsView> {
    refuseOthers(party, caller);
    return { endpoints: (await this.endpoints.list(this.units.query, party)).map(shown) };
  }

  @Get(':endpointId')
  @ApiResponse({
    status: 200,
    type: EndpointView,
    description: 'Its address, events and state, with reason and since when; no secret.',
  })
  async get(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<EndpointView> {
    refuseOthers(party, caller);
    return shown(await this.#known(party, id));
  }

  @Post(':endpointId/rotate-secret')
  @HttpCode(200)
  @ApiResponse({ status: 409, description: '`too-many-secrets`' })
  @ApiResponse({
    status: 200,
    type: NewSecretView,
    description: 'The new secret, shown this once. For 24 hours the old one signs, too.',
  })
  async rotateSecret(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<NewSecretView> {
    refuseOthers(party, caller);
    const secret = newSecret();
    await this.units.run(async (unit) => {
      const outcome = await this.endpoints.rotateSecret(unit.query, party, id, this.#sealed(secret), OVERLAP_MS);
      if (outcome === 'unknown') throw notFound('endpoint');
      if (outcome === 'too-many')
        throw new Problem(409, {
          type: 'too-many-secrets',
          detail: `${MAX_SECRETS} secrets sign already. The oldest ones end 24 hours after they were replaced.`,
        });
      unit.afterCommit(() => this.dispatcher.tryAgain(outcome.key));
    });
    this.logger.log({ event: 'endpoint.secret-rotated', party, endpointId: id, actor: caller.keyId });
    return { secret, overlapHours: OVERLAP_MS / 3_600_000 };
  }

  @Get(':endpointId/deliveries')
  @ApiQuery({ name: 'state', required: false, enum: STATES })
  @ApiPage(SEQUENCE)
  @ApiResponse({
    status: 200,
    type: DeliveriesView,
    description:
      'Deliveries and their attempts, newest first. `next` asks for the next page. One that is `withheld` has a `reason`: ' +
      '`endpoint-disabled`, or why the offer was not the party’s any more when it could have been sent (`offer-expired`, ' +
      '`offer-declined`, `offer-withdrawn`, `lead-returned`, `lead-lost`, `not-the-current-offer`, `lead-erased`), or ' +
      '`consent-refused`: the person has refused that partners have their details.',
  })
  async listDeliveries(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @CurrentCaller() caller: Caller,
    @Query('state') state?: unknown,
    @Query('after') after?: unknown,
    @Query('limit') limit?: unknown,
  ): Promise<DeliveriesView> {
    refuseOthers(party, caller);
    const size = pageLimit(limit);
    if (state !== undefined && !STATES.some((each) => each === state))
      throw invalidInput([{ field: 'state', detail: `must be one of ${STATES.join(', ')}` }]);
    await this.#known(party, id);
    const found = await this.deliveries.page(
      this.units.query,
      { party, endpointId: id },
      { before: cursor(after), limit: size + 1, ...(typeof state === 'string' && { state }) },
    );
    const page = found.slice(0, size);
    return {
      deliveries: page.map(({ sequence: _, ...delivery }) => delivery),
      ...(found.length > size && { next: page.at(-1)?.sequence ?? '' }),
    };
  }

  async #known(party: string, id: string): Promise<EndpointState> {
    const endpoint = await this.endpoints.get(this.units.query, party, id);
    if (!endpoint) throw notFound('endpoint');
    return endpoint;
  }

  #sealed(secret: string): NewSecret {
    const id = randomUUID();
    return { id, sealed: this.secrets.seal(id, secret) };
  }
}

function refuseOthers(party: string, caller: Caller): void {
  if (caller.role === 'partner' && caller.partnerId !== party) throw notFound('endpoint');
}

function shown({ reason, restingUntil, ...rest }: EndpointState): EndpointView {
  return { ...rest, ...(reason !== null && { reason }), ...(restingUntil !== null && { restingUntil }) };
}

/** Larger than any number of a delivery: the newest page. */
const NEWEST = '9223372036854775807';

function cursor(after: unknown): string {
  if (after === undefined) return NEWEST;
  if (typeof after !== 'string' || !SEQUENCE.test(after))
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  return after;
}

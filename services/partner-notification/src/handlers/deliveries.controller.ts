import { randomUUID } from 'node:crypto';
import { Controller, Get, HttpCode, Logger, Param, Post, Query } from '@nestjs/common';
import { ApiBearerAuth, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
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
import { Dispatcher } from '../delivery/dispatcher.js';
import { TEST_EVENT } from '../delivery/webhook-events.js';
import {
  DeliveryHistoryStore,
  type DeliveryListed,
  type DeliveryState,
  LISTED_TYPES,
  type Place,
  STATES,
} from '../store/delivery-history.store.js';
import { EndpointsStore, type LockedEndpoint } from '../store/endpoints.store.js';
import { ResendsStore } from '../store/resends.store.js';
import { DeliveriesView, DeliveryView, ResentView } from './deliveries.dto.js';
import { instantOf, oneOf, refuseOthers } from './narrowing.js';

/** As `next` says it. */
const PLACE = /^\d{1,17}-\d{1,18}$/;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What was sent to an endpoint, what became of it, and sending it again. A partner's key sees its own. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/endpoints/:endpointId/deliveries')
@Allow('admin', 'manager', 'partner')
export class DeliveriesController {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly endpoints: EndpointsStore,
    private readonly history: DeliveryHistoryStore,
    private readonly resends: ResendsStore,
    private readonly dispatcher: Dispatcher,
  ) {}

  @Get()
  @ApiQuery({ name: 'state', required: false, enum: STATES })
  @ApiQuery({ name: 'type', required: false, enum: LISTED_TYPES, description: 'Of the event.' })
  @ApiQuery({ name: 'since', required: false, schema: { type: 'string', format: 'date-time' } })
  @ApiQuery({
    name: 'until',
    required: false,
    description: 'Not included.',
    schema: { type: 'string', format: 'date-time' },
  })
  @ApiPage(PLACE)
  @ApiResponse({
    status: 200,
    type: DeliveriesView,
    description:
      'Deliveries and their attempts, newest first. `next` asks for the next page. One that is `withheld` has a `reason`: ' +
      '`endpoint-disabled`, or why the offer was not the party’s any more when it could have been sent (`offer-expired`, ' +
      '`offer-declined`, `offer-withdrawn`, `lead-returned`, `lead-lost`, `not-the-current-offer`, `lead-erased`), or ' +
      '`consent-refused`: the person has refused that partners have their details.',
  })
  async list(
    @Param('partnerId') party: string,
    @Param('endpointId') endpointId: string,
    @CurrentCaller() caller: Caller,
    @Query() asked: Record<string, unknown>,
  ): Promise<DeliveriesView> {
    refuseOthers(party, caller, 'endpoint');
    const size = pageLimit(asked['limit']);
    const narrowing = {
      state: oneOf<DeliveryState>('state', STATES, asked['state']),
      type: oneOf('type', LISTED_TYPES, asked['type']),
      since: instantOf('since', asked['since']),
      until: instantOf('until', asked['until']),
    };
    const before = placeOf(asked['after']);
    const key = await this.endpoints.keyOf(this.units.query, party, endpointId);
    if (key === undefined) throw notFound('endpoint');
    const found = await this.history.page(this.units.query, key, { ...narrowing, before, limit: size + 1 });
    const page = found.slice(0, size);
    const last = page.at(-1)?.place;
    return {
      deliveries: page.map(shown),
      ...(found.length > size && last && { next: `${last.micros}-${last.sequence}` }),
    };
  }

  @Get(':deliveryId')
  @ApiResponse({ status: 200, type: DeliveryView, description: 'A delivery, and each attempt of it.' })
  async show(
    @Param('partnerId') party: string,
    @Param('endpointId') endpointId: string,
    @Param('deliveryId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<DeliveryView> {
    refuseOthers(party, caller, 'delivery');
    const found = UUID.test(id) && (await this.history.one(this.units.query, { party, endpointId, id }));
    if (!found) throw notFound('delivery');
    return shown(found);
  }

  @Post(':deliveryId/resend')
  @HttpCode(202)
  @ApiResponse({ status: 409, description: '`endpoint-disabled`, `still-pending`, `is-a-test`' })
  @ApiResponse({
    status: 202,
    type: ResentView,
    description:
      'It is sent again, whether or not it had arrived: under a new `webhook-id`, so that a receiver that knows the first one takes it, ' +
      'while the event’s `id` in its body stays. What is not true any more is withheld, as ever. Asked for again before it is ' +
      'settled, the same one is answered.',
  })
  async resend(
    @Param('partnerId') party: string,
    @Param('endpointId') endpointId: string,
    @Param('deliveryId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<ResentView> {
    refuseOthers(party, caller, 'delivery');
    if (!UUID.test(id)) throw notFound('delivery');
    const deliveryId = await this.units.run(async (unit) => {
      const endpoint = await this.endpoints.lock(unit.query, party, endpointId);
      const found = endpoint && (await this.resends.lock(unit.query, endpoint.key, id));
      if (!found) throw notFound('delivery');
      refuseDisabled(endpoint);
      if (found.eventType === TEST_EVENT)
        throw new Problem(409, { type: 'is-a-test', detail: 'It was a test: send another one.' });
      if (found.pending)
        throw new Problem(409, { type: 'still-pending', detail: 'It has not been settled: it will be sent anyway.' });
      if (found.resendPending !== null) return found.resendPending;
      const newId = randomUUID();
      await this.resends.resend(unit.query, [{ sequence: found.sequence, newId }]);
      unit.afterCommit(() => this.dispatcher.wake([endpoint.key]));
      return newId;
    });
    this.logger.log({ event: 'delivery.resent', party, endpointId, deliveryId, actor: caller.keyId });
    return { deliveryId, resendOf: id };
  }
}

export function refuseDisabled({ state }: Pick<LockedEndpoint, 'state'>): void {
  if (state === 'disabled')
    throw new Problem(409, { type: 'endpoint-disabled', detail: 'It is disabled: set it up again first.' });
}

function shown({ place: _, ...delivery }: DeliveryListed): DeliveryView {
  return delivery;
}

function placeOf(after: unknown): Place | undefined {
  if (after === undefined) return undefined;
  if (typeof after !== 'string' || !PLACE.test(after))
    throw invalidInput([{ field: 'after', detail: 'must be the `next` of a page' }]);
  const [micros = '', sequence = ''] = after.split('-');
  return { micros, sequence };
}

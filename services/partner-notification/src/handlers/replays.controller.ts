import { randomUUID } from 'node:crypto';
import { Controller, Get, Headers, Logger, Param, Post, Query, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiHeader, ApiQuery, ApiResponse, ApiTags } from '@nestjs/swagger';
import { UnitsOfWork } from '@fairlead/messaging';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import type { FastifyReply } from 'fastify';
import { DIGEST_EVENT, subscribable } from '../delivery/webhook-events.js';
import { EndpointsStore } from '../store/endpoints.store.js';
import { MAX_RESENDS, type Replay, REPLAYED, ReplaysStore, type Wanted } from '../store/replays.store.js';
import { refuseDisabled } from './deliveries.controller.js';
import { ReplayCountView, ReplayView } from './deliveries.dto.js';
import { instantOf, oneOf, refuseOthers } from './narrowing.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const MAX_KEY_LENGTH = 255;

/** Everything since a moment, sent again. A partner's key does it for its own endpoints. */
@ApiTags('webhooks')
@ApiBearerAuth()
@Controller('v1/partners/:partnerId/endpoints/:endpointId')
@Allow('admin', 'manager', 'partner')
export class ReplaysController {
  private readonly logger = new Logger('webhooks');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly endpoints: EndpointsStore,
    private readonly replays: ReplaysStore,
  ) {}

  @Post('replay')
  @ApiQuery({ name: 'since', required: true, schema: { type: 'string', format: 'date-time' } })
  @ApiQuery({
    name: 'until',
    required: false,
    description: 'Not included; left out, or in the future: until now.',
    schema: { type: 'string', format: 'date-time' },
  })
  @ApiQuery({
    name: 'state',
    required: false,
    enum: REPLAYED,
    description: '`missed`, which is what failed and what was withheld, when left out. `all` sends what arrived, too.',
  })
  @ApiQuery({ name: 'type', required: false, enum: subscribable, description: 'Of the event.' })
  @ApiQuery({ name: 'dryRun', required: false, enum: ['true', 'false'] })
  @ApiHeader({
    name: 'idempotency-key',
    required: false,
    description: 'Whatever you call this request: a second one by the same name is answered with the first.',
    schema: { type: 'string', minLength: 1, maxLength: MAX_KEY_LENGTH },
  })
  @ApiResponse({ status: 200, type: ReplayCountView, description: 'With `dryRun=true`: how many it would be.' })
  @ApiResponse({
    status: 202,
    type: ReplayView,
    description:
      'Under way, oldest first, each as when one is sent again: a new delivery under a new `webhook-id`, withheld when it is not ' +
      'true any more. What was sent again before, or waits, is not sent twice; nor is what was withheld because its offer had ' +
      `ended. At most ${MAX_RESENDS.toLocaleString('en')}: where there are \`more\`, ask again when it is over.`,
  })
  @ApiResponse({ status: 409, description: '`endpoint-disabled`, `replay-under-way`' })
  @ApiResponse({ status: 422, description: 'The `Idempotency-Key` was used for another request.' })
  async replay(
    @Param('partnerId') party: string,
    @Param('endpointId') endpointId: string,
    @CurrentCaller() caller: Caller,
    @Query() asked: Record<string, unknown>,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<ReplayCountView | ReplayView> {
    refuseOthers(party, caller, 'endpoint');
    const since = instantOf('since', asked['since']);
    if (since === undefined) throw invalidInput([{ field: 'since', detail: 'must be said' }]);
    const isDry = oneOf('dryRun', ['true', 'false'], asked['dryRun']) === 'true';
    const until = instantOf('until', asked['until']) ?? Infinity;
    const state = oneOf('state', REPLAYED, asked['state']) ?? 'missed';
    const type = oneOf('type', subscribable, asked['type']);
    if (idempotencyKey !== undefined && (idempotencyKey.length === 0 || idempotencyKey.length > MAX_KEY_LENGTH))
      throw invalidInput([{ field: 'idempotency-key', detail: `must be 1 to ${MAX_KEY_LENGTH} characters` }]);

    const replay = await this.units.run(async ({ query, now }) => {
      const endpoint = await this.endpoints.lock(query, party, endpointId);
      if (!endpoint) throw notFound('endpoint');
      const { key, kind, events } = endpoint;
      const wanted: Wanted = {
        ...{ since, until: Math.min(until, now), state },
        // What it does not want to hear any more it is not told again.
        types: (kind === 'digest' ? [DIGEST_EVENT] : events).filter((each) => type === undefined || each === type),
      };
      const before = idempotencyKey === undefined ? undefined : await this.replays.calledBy(query, key, idempotencyKey);
      if (before && !isDry) return asBefore(before, wanted);
      const count = await this.replays.count(query, key, wanted);
      const [resends, more] = [Math.min(count, MAX_RESENDS), count > MAX_RESENDS];
      if (isDry) return { deliveries: resends, more };
      refuseDisabled(endpoint);
      if (await this.replays.underWay(query, key))
        throw new Problem(409, { type: 'replay-under-way', detail: 'One at a time: another one is not over yet.' });
      const id = randomUUID();
      await this.replays.add(query, key, { ...wanted, id, idempotencyKey, resends });
      const made = await this.replays.find(query, { party, endpointId, id });
      return made && shown(made);
    });
    if (!replay) throw notFound('endpoint');
    void reply.status(isDry ? 200 : 202);
    if ('id' in replay)
      this.logger.log({
        ...{ event: 'webhooks.replay', party, endpointId, replayId: replay.id },
        ...{ deliveries: replay.deliveries, actor: caller.keyId },
      });
    return replay;
  }

  @Get('replays/:replayId')
  @ApiResponse({ status: 200, type: ReplayView, description: 'How far it has come.' })
  async show(
    @Param('partnerId') party: string,
    @Param('endpointId') endpointId: string,
    @Param('replayId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<ReplayView> {
    refuseOthers(party, caller, 'replay');
    const found = UUID.test(id) && (await this.replays.find(this.units.query, { party, endpointId, id }));
    if (!found) throw notFound('replay');
    return shown(found);
  }
}

/** The end may have been left open, and is what it was the first time. */
function asBefore(before: Replay, { since, state, types }: Wanted): ReplayView {
  const isSame =
    before.since.getTime() === since &&
    before.state === state &&
    JSON.stringify(before.types) === JSON.stringify(types);
  if (!isSame)
    throw new Problem(422, {
      type: 'idempotency-key-reused',
      detail: 'This Idempotency-Key was used for another request.',
    });
  return shown(before);
}

function shown({ types: _, resends, endedAt, ...rest }: Replay): ReplayView {
  return { ...rest, deliveries: resends, more: resends === MAX_RESENDS, ...(endedAt !== null && { endedAt }) };
}

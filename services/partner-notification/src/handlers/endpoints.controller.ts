import { randomUUID } from 'node:crypto';
import { Body, Controller, Get, HttpCode, Inject, Logger, Param, Post, Put, Res } from '@nestjs/common';
import { ApiBearerAuth, ApiParam, ApiResponse, ApiTags } from '@nestjs/swagger';
import { encodeEvent, type EncodedEvent, PartnerEndpointEnabled } from '@fairlead/events';
import { type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { type Query as SqlQuery, QueryFailed } from '@fairlead/persistence';
import { SecretBox } from '@fairlead/personal-data';
import { Allow, type Caller, CurrentCaller, invalidInput, notFound, Problem } from '@fairlead/platform';
import { newSecret, newSigningKey, refusalOf } from '@fairlead/platform/outgoing';
import type { FastifyReply } from 'fastify';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { normalised, refusalOfHeaders } from '../delivery/custom-headers.js';
import { type Kind } from '../doors/door.js';
import { Dispatcher } from '../delivery/dispatcher.js';
import type { SealedAddress } from '../delivery/endpoint-opener.js';
import { DeliveriesStore, MAX_TESTS_WAITING } from '../store/deliveries.store.js';
import { type DigestSchedule, DigestsStore } from '../store/digests.store.js';
import {
  addressId,
  EndpointsStore,
  type EndpointState,
  headersId,
  MAX_SECRETS,
  type NewKey,
  type SealedHeaders,
} from '../store/endpoints.store.js';
import {
  EndpointsView,
  EndpointView,
  MadeEndpointView,
  NewPublicKeyView,
  NewSecretView,
  PutEndpoint,
  TestSentView,
} from './endpoints.dto.js';
import { refuseOthers } from './narrowing.js';

/** Room for a staging, a production and a few special receivers; every one of them multiplies what is sent. */
const MAX_ENDPOINTS = 20;
/** Long enough to bring a new secret to every receiver within a working day. */
const OVERLAP_MS = 24 * 3_600_000;
/** How often a change is tried that the database gives up for another's sake: each time another one has come through. */
const MAX_TRIES = 3;
const DEADLOCK = '40P01';

const PARTY_ID = /^[a-z0-9][a-z0-9-]{0,62}$/;
const ENDPOINT_ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;

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
    private readonly digests: DigestsStore,
    private readonly secrets: SecretBox,
    private readonly dispatcher: Dispatcher,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  @Put(':endpointId')
  @ApiParam({ name: 'endpointId', schema: { type: 'string', pattern: ENDPOINT_ID.source } })
  @ApiResponse({ status: 409, description: '`too-many-endpoints`' })
  @ApiResponse({
    status: 201,
    type: MadeEndpointView,
    description: 'Made. The secret of a webhook is shown this once.',
  })
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
    refuseOthers(party, caller, 'endpoint');
    if (!PARTY_ID.test(party)) throw notFound('partner');
    if (!ENDPOINT_ID.test(id))
      throw invalidInput([{ field: 'endpointId', detail: 'must be 1 to 63 letters, digits, hyphens or underscores' }]);
    const kind = body.kind ?? 'webhook';
    const url = await this.#checkedUrl(kind, body);
    const address = this.#sealedAddress({ party, id }, kind, body);

    const schedule = await this.#checkedSchedule(kind, body);
    const headers = this.#sealedHeaders({ party, id }, body.headers);

    const secret = newSecret();
    const { created, endpoint } = await this.#insist(async (unit) => {
      const before = await this.endpoints.lock(unit.query, party, id);
      // Whoever may say where an endpoint is must not thereby learn what another has entered for the server that it was.
      if (before && before.kind !== kind)
        throw invalidInput([{ field: '/kind', detail: `is ${before.kind}, and stays that: make another endpoint` }]);
      if (
        !headers &&
        before &&
        before.url !== null &&
        url !== undefined &&
        before.headerNames.length > 0 &&
        new URL(before.url).origin !== new URL(url).origin
      )
        throw invalidInput([
          { field: '/headers', detail: 'must be said anew, or be {}, for an address of another origin' },
        ]);
      const { created, key } = await this.endpoints.put(
        unit.query,
        { party, id, kind, url: kind === 'webhook' ? (url ?? null) : null, ...documentOf(kind, body) },
        headers,
        address,
      );
      if (created && kind === 'webhook') await this.endpoints.addKey(unit.query, key, this.#sealedSecret(secret));
      await this.#signAs(unit.query, key, body.signatures);
      if (schedule) await this.digests.put(unit.query, key, schedule);
      if (before?.state === 'disabled') unit.say([enabled(party, id, caller, unit.now)]);
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
    return { ...this.#shown(endpoint), ...(created && kind === 'webhook' && { secret }) };
  }

  @Get()
  @ApiResponse({ status: 200, type: EndpointsView, description: 'All endpoints of the party, by id.' })
  async list(@Param('partnerId') party: string, @CurrentCaller() caller: Caller): Promise<EndpointsView> {
    refuseOthers(party, caller, 'endpoint');
    return { endpoints: (await this.endpoints.list(this.units.query, party)).map((each) => this.#shown(each)) };
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
    refuseOthers(party, caller, 'endpoint');
    return this.#shown(await this.#known(party, id));
  }

  @Post(':endpointId/rotate-secret')
  @HttpCode(200)
  @ApiResponse({ status: 409, description: '`not-signed-so`: it is no webhook; `too-many-secrets`' })
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
    refuseOthers(party, caller, 'endpoint');
    if ((await this.#known(party, id)).kind !== 'webhook')
      throw new Problem(409, { type: 'not-signed-so', detail: 'What is sent to this endpoint is not signed.' });
    const secret = newSecret();
    await this.#rotate(party, id, this.#sealedSecret(secret));
    this.logger.log({ event: 'endpoint.secret-rotated', party, endpointId: id, actor: caller.keyId });
    return { secret, overlapHours: OVERLAP_MS / 3_600_000 };
  }

  @Post(':endpointId/rotate-key')
  @HttpCode(200)
  @ApiResponse({ status: 409, description: '`not-signed-so`, `too-many-secrets`' })
  @ApiResponse({
    status: 200,
    type: NewPublicKeyView,
    description:
      'The new public key of an endpoint that is signed with `v1a`, too. For 24 hours the old key signs beside it.',
  })
  async rotateKey(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<NewPublicKeyView> {
    refuseOthers(party, caller, 'endpoint');
    const { publicKeys } = await this.#known(party, id);
    if (publicKeys.length === 0)
      throw new Problem(409, { type: 'not-signed-so', detail: 'This endpoint is not signed with v1a.' });
    const key = this.#newSigningKey();
    await this.#rotate(party, id, key);
    this.logger.log({ event: 'endpoint.key-rotated', party, endpointId: id, actor: caller.keyId });
    return { publicKey: key.publicKey, overlapHours: OVERLAP_MS / 3_600_000 };
  }

  @Post(':endpointId/test')
  @HttpCode(202)
  @ApiResponse({ status: 409, description: '`endpoint-disabled`, `too-many-tests`' })
  @ApiResponse({
    status: 202,
    type: TestSentView,
    description:
      'A webhook of the type `fairlead.test` is on its way, signed and sent as all are, before whatever waits. What became ' +
      'of it is in the list of deliveries.',
  })
  async test(
    @Param('partnerId') party: string,
    @Param('endpointId') id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<TestSentView> {
    refuseOthers(party, caller, 'endpoint');
    const deliveryId = randomUUID();
    await this.units.run(async (unit) => {
      const endpoint = await this.endpoints.lock(unit.query, party, id);
      if (!endpoint) throw notFound('endpoint');
      if (endpoint.state === 'disabled')
        throw new Problem(409, { type: 'endpoint-disabled', detail: 'It is disabled: set it up again first.' });
      const event = { source: '/partner-notification', time: new Date(unit.now), data: { party, endpointId: id } };
      if (!(await this.deliveries.intendTest(unit.query, endpoint.key, { id: deliveryId, event })))
        throw new Problem(409, {
          type: 'too-many-tests',
          detail: `${MAX_TESTS_WAITING} tests wait for this endpoint already.`,
        });
      await this.endpoints.probeNow(unit.query, [endpoint.key]);
      unit.afterCommit(() => this.dispatcher.wake([endpoint.key]));
    });
    this.logger.log({ event: 'endpoint.tested', party, endpointId: id, deliveryId, actor: caller.keyId });
    return { deliveryId };
  }

  /** Undefined for what goes by e-mail, which has none. */
  async #checkedUrl(kind: Kind, body: PutEndpoint): Promise<string | undefined> {
    const { url, to, flavour, digest, order, headers, signatures } = body;
    const goesByMail = kind === 'email' || kind === 'digest';
    // Null counts as not sent.
    const foreign = [
      ...(!goesByMail && to != null ? ['to'] : []),
      ...(kind !== 'chat' && flavour != null ? ['flavour'] : []),
      ...(kind !== 'digest' && digest != null ? ['digest'] : []),
      // One after the other, always.
      ...(kind === 'digest' && order === 'per-lead' ? ['order'] : []),
      ...(goesByMail && url != null ? ['url'] : []),
      ...(kind !== 'webhook' && headers != null ? ['headers'] : []),
      ...(kind !== 'webhook' && signatures != null ? ['signatures'] : []),
    ];
    if (foreign.length > 0)
      throw invalidInput(foreign.map((field) => ({ field: `/${field}`, detail: `does not belong to kind ${kind}` })));
    if (goesByMail) {
      if (to == null) throw invalidInput([{ field: '/to', detail: 'must name whom to write to' }]);
      if (!this.settings.mail)
        throw invalidInput([
          {
            field: '/kind',
            detail: 'no e-mails are sent from here: its operator has to set FAIRLEAD_SMTP_URL and FAIRLEAD_MAIL_FROM',
          },
        ]);
      return undefined;
    }
    if (url == null) throw invalidInput([{ field: '/url', detail: 'must be an address' }]);
    const refusal = await refusalOf(url, this.settings.guard);
    if (refusal) throw invalidInput([{ field: '/url', detail: refusal }]);
    return url;
  }

  async #checkedSchedule(kind: Kind, { digest }: PutEndpoint): Promise<DigestSchedule | undefined> {
    if (kind !== 'digest') return undefined;
    if (digest == null) throw invalidInput([{ field: '/digest', detail: 'must say when it is sent' }]);
    const { every, at, timeZone } = digest;
    if ((every === 'day') !== (at != null))
      throw invalidInput([{ field: '/digest/at', detail: 'belongs to every day, and to nothing else' }]);
    const zone = timeZone ?? 'UTC';
    if (!(await this.digests.knowsZone(this.units.query, zone)))
      throw invalidInput([{ field: '/digest/timeZone', detail: 'must be a time zone such as Europe/Berlin' }]);
    return { at: at ?? null, zone };
  }

  #sealedAddress(of: { party: string; id: string }, kind: Kind, { to, url, flavour }: PutEndpoint): Buffer | null {
    if (kind === 'webhook') return null;
    const address: SealedAddress =
      kind === 'email' || kind === 'digest'
        ? { ...(to && { to }) }
        : { ...(url != null && { url }), flavour: flavour ?? 'slack' };
    return this.secrets.seal(addressId(of), JSON.stringify(address));
  }

  /** As its party, or whoever manages parties, may see it. */
  #shown({ address, url, ...rest }: EndpointState): EndpointView {
    const view = shown(rest);
    if (address === null) return { ...view, ...(url !== null && { url }) };
    try {
      const {
        to,
        url: chat,
        flavour,
      } = JSON.parse(this.secrets.open(addressId(rest), Buffer.from(address, 'base64'))) as SealedAddress;
      return {
        ...view,
        ...(to && { to }),
        ...(chat !== undefined && { url: `${new URL(chat).origin}/…` }),
        ...(flavour && { flavour }),
      };
    } catch {
      // Sealed with another master key: its state says so.
      return view;
    }
  }

  async #known(party: string, id: string): Promise<EndpointState> {
    const endpoint = await this.endpoints.get(this.units.query, party, id);
    if (!endpoint) throw notFound('endpoint');
    return endpoint;
  }

  /** Whoever waits for us and we for them, one is given up: what somebody has asked for is then done all the same. */
  async #insist<T>(work: (unit: UnitOfWork) => Promise<T>): Promise<T> {
    for (let nth = 1; ; nth += 1) {
      try {
        return await this.units.run(work);
      } catch (error) {
        if (nth === MAX_TRIES || !(error instanceof QueryFailed && error.code === DEADLOCK)) throw error;
      }
    }
  }

  async #rotate(party: string, id: string, key: NewKey): Promise<void> {
    await this.units.run(async (unit) => {
      const outcome = await this.endpoints.rotate(unit.query, party, id, key, OVERLAP_MS);
      if (outcome === 'unknown') throw notFound('endpoint');
      if (outcome === 'too-many')
        throw new Problem(409, {
          type: 'too-many-secrets',
          detail: `${MAX_SECRETS} sign already. The oldest ones end 24 hours after they were replaced.`,
        });
      unit.afterCommit(() => this.dispatcher.tryAgain(outcome.key));
    });
  }

  async #signAs(query: SqlQuery, endpointKey: string, signatures: PutEndpoint['signatures']): Promise<void> {
    if (signatures === undefined) return;
    if (!signatures.includes('v1a')) return this.endpoints.dropKeys(query, endpointKey, 'v1a');
    if (!(await this.endpoints.hasKey(query, endpointKey, 'v1a')))
      await this.endpoints.addKey(query, endpointKey, this.#newSigningKey());
  }

  #sealedSecret(secret: string): NewKey {
    const id = randomUUID();
    return { id, scheme: 'v1', sealed: this.secrets.seal(id, secret) };
  }

  #newSigningKey(): NewKey & { readonly publicKey: string } {
    const id = randomUUID();
    const { secret, publicKey } = newSigningKey();
    return { id, scheme: 'v1a', publicKey, sealed: this.secrets.seal(id, secret) };
  }

  /** Undefined: they stay as they are. */
  #sealedHeaders(of: { party: string; id: string }, headers: PutEndpoint['headers']): SealedHeaders | undefined {
    if (headers === undefined) return undefined;
    const refusal = refusalOfHeaders(headers);
    if (refusal !== undefined) throw invalidInput([{ field: '/headers', detail: refusal }]);
    const named = normalised(headers as Record<string, string>);
    const names = Object.keys(named).sort();
    return { names, sealed: names.length === 0 ? null : this.secrets.seal(headersId(of), JSON.stringify(named)) };
  }
}

function documentOf(kind: Kind, { events, filter, concurrency, perSecond, order }: PutEndpoint) {
  return {
    events,
    filter: filter && Object.keys(filter).length > 0 ? { ...filter } : null,
    ...{ concurrency: concurrency ?? null, perSecond: perSecond ?? null },
    strictOrder: kind === 'digest' || order === 'strict',
  };
}

function enabled(party: string, endpointId: string, { keyId }: Caller, time: number): EncodedEvent {
  return encodeEvent(PartnerEndpointEnabled, {
    ...{ id: randomUUID(), source: '/partner-notification', subject: party, time },
    data: { party, endpointId, actor: keyId },
  });
}

function shown({
  digest,
  filter,
  concurrency,
  perSecond,
  strictOrder,
  reason,
  restingUntil,
  ...rest
}: Omit<EndpointState, 'address' | 'url'>): EndpointView {
  return {
    ...rest,
    ...(digest !== null && { digest: digestView(digest) }),
    ...(filter !== null && { filter: filter as NonNullable<EndpointView['filter']> }),
    ...(concurrency !== null && { concurrency }),
    ...(perSecond !== null && { perSecond }),
    order: strictOrder ? 'strict' : 'per-lead',
    signatures: rest.kind !== 'webhook' ? [] : rest.publicKeys.length > 0 ? ['v1', 'v1a'] : ['v1'],
    ...(reason !== null && { reason }),
    ...(restingUntil !== null && { restingUntil }),
  };
}

function digestView({ at, zone, next }: NonNullable<EndpointState['digest']>): NonNullable<EndpointView['digest']> {
  return { every: at === null ? 'hour' : 'day', ...(at !== null && { at }), timeZone: zone, next };
}

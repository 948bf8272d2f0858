import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { derivedId, encodeEvent, type EncodedEvent, PartnerNotified, PartnerUnreachable } from '@fairlead/events';
import { classOf, crashPoint, UnitsOfWork, type UnitOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { SecretBox } from '@fairlead/personal-data';
import { type Exchange, GuardedHttp, type OutgoingRequest, parseSecret } from '@fairlead/platform/outgoing';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { attemptSeconds, attemptsTotal, bufferedGauge, inFlightGauge, withheldTotal } from '../metrics.js';
import { type AttemptResult, type Claim, DeliveryQueueStore } from '../store/delivery-queue.store.js';
import { EndpointsStore, SECRET_UNREADABLE, type SendingRow } from '../store/endpoints.store.js';
import { Contacts, UNREADABLE } from './contacts.js';
import { excerptOf } from './excerpt.js';
import { judgeAttempt, type Judgement } from './judge-attempt.js';
import { type Endpoint, Lane, type Waiting } from './lane.js';
import { webhookBody, webhookHeaders } from './webhook.js';

/** One statement's worth: enough that its cost per delivery is small, few enough that it takes milliseconds. */
const CLAIM_BATCH = 500;
const RECORD_BATCH = 500;
/** About 3 KB each. More would not be sent sooner, only be longer away from other senders. */
const MAX_BUFFERED = 4_000;
/** The net under a lost wake-up, and how soon a dead sender's expired leases are noticed. */
const POLL_MS = 1_000;
/** While the database is away; short, because what was sent and is not recorded may be sent again. */
const OUTAGE_PAUSE_MS = 250;
/** Between another process's change to an endpoint and the moment it is certain to be known here. */
const ENDPOINT_TRUST_MS = 60_000;
/**
 * For an endpoint none of whose secrets can be opened. Always as long: only a person can mend that, and rotating the secret, or
 * starting with the right master key, ends the pause where it is done. Elsewhere it is noticed within a minute, and asking
 * costs one claim until then.
 */
const UNREADABLE_PAUSE_MS = 60_000;
/** Leads that were erased and whose contact may still lie here, opened: no longer than a lease. More are erased at once by nobody. */
const MAX_ERASED = 10_000;
/** How long a stopping sender waits for answers; below the 25 s that the whole process has. What remains is sent again. */
const DRAIN_MS = 10_000;

interface Wanted {
  readonly lane: Lane;
  readonly endpointKey: string;
  readonly quota: number;
}

/** An attempt that is over and not yet recorded. */
interface Attempted {
  readonly lane: Lane;
  readonly endpoint: Endpoint;
  readonly claim: Claim;
  readonly result: AttemptResult;
  readonly judgement: Judgement;
}

/**
 * Sends what is due, in three steps of which no two share a transaction: claim (a lease, committed), send, record. A sender
 * that dies at any point leaves leases that run out, and another one sends again under the same webhook-id.
 *
 * Everything is done in batches except the sending itself. Endpoints take turns, each within its own limit.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('webhooks');
  readonly #lanes = new Map<string, Lane>();
  /** Lanes that could send now, in the order of their turns. */
  readonly #ready = new Set<Lane>();
  readonly #attempted: Attempted[] = [];
  #toRelease: Claim[] = [];
  readonly #erased = new Set<string>();
  /** Leads whose person has refused their consent, and when that was known here; for as long as erased ones. */
  readonly #refused = new Map<string, number>();
  #inFlight = 0;
  #buffered = 0;
  #claiming: Promise<void> | undefined;
  #recording: Promise<void> | undefined;
  #stopping = false;
  #poll: NodeJS.Timeout | undefined;
  #alarm: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;
  #drained: (() => void) | undefined;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly queue: DeliveryQueueStore,
    private readonly endpoints: EndpointsStore,
    private readonly contacts: Contacts,
    private readonly secrets: SecretBox,
    private readonly http: GuardedHttp,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.stop();
  }

  start(): void {
    this.#poll ??= setInterval(() => void this.#lookForDue(), POLL_MS);
    void this.#lookForDue();
  }

  /** There is something new for these endpoints. */
  wake(endpointKeys: readonly string[]): void {
    for (const key of endpointKeys) this.#lane(key).due = true;
    this.#claimSoon();
  }

  /** These leads were erased: what was claimed before is not sent as it was then, but claimed again. */
  noteErased(leadIds: readonly string[]): void {
    for (const leadId of leadIds) {
      if (this.#erased.size >= MAX_ERASED) this.#erased.clear();
      this.#erased.add(leadId);
      setTimeout(() => this.#erased.delete(leadId), this.settings.leaseMs).unref();
    }
  }

  /** The persons behind these leads have refused their consent: what was claimed before is claimed again, and judged anew. */
  noteRefused(leadIds: readonly string[]): void {
    for (const leadId of leadIds) {
      if (this.#refused.size >= MAX_ERASED) this.#refused.clear();
      this.#refused.set(leadId, performance.now());
      setTimeout(() => this.#refused.delete(leadId), this.settings.leaseMs).unref();
    }
  }

  /** Its party has changed the endpoint: what could not be sent before may be sent now. */
  tryAgain(endpointKey: string): void {
    this.#lane(endpointKey).endPause();
    this.wake([endpointKey]);
  }

  /** Claims no more, waits for answers that are under way, records them. What was claimed and not sent is given back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    clearTimeout(this.#alarm?.timer);
    this.#ready.clear();
    await this.#giveAllBack();
    await this.#answersWithin(DRAIN_MS);
    await this.http.close();
    while (this.#recording) await this.#recording;
    // A claim that was under way has brought more, and an endpoint that began to fail has given up what it had.
    await this.#claiming;
    await this.#giveAllBack();
  }

  // --- What is due ----------------------------------------------------------------------------------------------------

  async #lookForDue(): Promise<void> {
    try {
      const now = performance.now();
      for (const { endpointKey, inMs } of await this.queue.nextDue(this.units.query)) {
        const lane = this.#lane(endpointKey);
        if (inMs <= 0) lane.due = true;
        else lane.dueAt = now + inMs;
      }
    } catch (error) {
      this.#complain('could not look for what is due', error);
    }
    await this.#release().catch(() => undefined); // else their leases run out
    this.#setAlarm();
    this.#claimSoon();
  }

  /** Wakes up at the moment when the next retry is due, and not merely with the next poll. */
  #setAlarm(): void {
    let next = Infinity;
    for (const { dueAt } of this.#lanes.values()) if (dueAt !== undefined && dueAt < next) next = dueAt;
    const now = performance.now();
    // Beyond the next poll it will be looked at again anyway.
    if (this.#stopping || next > now + POLL_MS || (this.#alarm && this.#alarm.at <= next)) return;
    clearTimeout(this.#alarm?.timer);
    this.#alarm = { at: next, timer: setTimeout(() => this.#ring(), Math.max(1, Math.ceil(next - now))) };
  }

  #ring(): void {
    this.#alarm = undefined;
    const now = performance.now();
    for (const lane of this.#lanes.values()) {
      if (lane.dueAt === undefined || lane.dueAt > now) continue;
      lane.dueAt = undefined;
      lane.due = true;
    }
    this.#setAlarm();
    this.#claimSoon();
  }

  // --- Claim ----------------------------------------------------------------------------------------------------------

  #claimSoon(): void {
    if (this.#claiming || this.#stopping) return;
    const wanted = this.#wanted();
    if (wanted.length === 0) return;
    this.#claiming = this.#claimWhileDue(wanted).finally(() => {
      this.#claiming = undefined;
      // What became due after the last look and before this line.
      this.#claimSoon();
    });
  }

  async #claimWhileDue(wanted: Wanted[]): Promise<void> {
    for (; wanted.length > 0; wanted = this.#stopping ? [] : this.#wanted()) {
      for (const { lane } of wanted) lane.due = false;
      try {
        await this.#claim(wanted);
      } catch (error) {
        for (const { lane } of wanted) lane.due = true;
        this.#complain('could not claim', error);
        await pause(OUTAGE_PAUSE_MS);
      }
    }
  }

  /** Lanes in turn, each with what it has room for; with many of them, each still gets something. */
  #wanted(): Wanted[] {
    const now = performance.now();
    const hungry = [...this.#lanes.values()].filter((lane) => lane.due && lane.quota > 0 && lane.pausedUntil <= now);
    const room = Math.min(CLAIM_BATCH, MAX_BUFFERED - this.#buffered);
    if (hungry.length === 0 || room <= 0) return [];
    const share = Math.max(1, Math.floor(room / hungry.length));
    const wanted = hungry
      .slice(0, room)
      .map((lane) => ({ lane, endpointKey: lane.key, quota: Math.min(share, lane.quota) }));
    for (const { lane } of wanted) this.#toTheEnd(lane);
    return wanted;
  }

  #toTheEnd(lane: Lane): void {
    this.#lanes.delete(lane.key);
    this.#lanes.set(lane.key, lane);
  }

  async #claim(wanted: readonly Wanted[]): Promise<void> {
    // Read before the lease begins: the time until it ends can then only be underestimated.
    const leasedAt = performance.now();
    const claims = await this.queue.claim(this.units.query, wanted, this.settings.leaseMs);
    const byKey = Map.groupBy(claims, ({ endpointKey }) => endpointKey);
    // As many as asked for: there may be more.
    for (const { lane, quota } of wanted) if (byKey.get(lane.key)?.length === quota) lane.due = true;
    if (claims.length === 0) return;
    crashPoint('delivery.claimed');
    try {
      const live = await this.#withholdEnded(claims);
      await this.#loadEndpoints(live);
      const usable = live.filter(({ endpointKey }) => this.#lane(endpointKey).endpoint);
      this.#toRelease.push(...live.filter(({ endpointKey }) => !this.#lane(endpointKey).endpoint));
      const contacts = await this.contacts.open(usable);
      const { leaseMs, leaseMarginMs, deadlineMs } = this.settings;
      const leaseAllows = leasedAt + leaseMs - leaseMarginMs - deadlineMs;
      usable.forEach((claim, i) => {
        // An offer whose time runs out while it waits for its turn is looked at again, and withheld.
        const beginBefore = Math.min(leaseAllows, leasedAt + (claim.openForMs ?? Infinity));
        this.#keep({ claim, contact: contacts[i], claimedAt: leasedAt, beginBefore });
      });
    } catch (error) {
      this.#toRelease.push(...claims);
      throw error;
    }
    for (const key of byKey.keys()) this.#turn(this.#lane(key));
    this.#pump();
  }

  /** Offers that ended before they could be sent go no further. What follows of their leads can then be sent. */
  async #withholdEnded(claims: readonly Claim[]): Promise<readonly Claim[]> {
    const ended = claims.filter((claim) => claim.ended !== null);
    if (ended.length === 0) return claims;
    const reasons = new Map(
      (await this.queue.withhold(this.units.query, ended)).map(({ sequence, reason }) => [sequence, reason]),
    );
    // Not over after all: an acceptance came in meanwhile, or somebody is at it.
    this.#toRelease.push(...ended.filter(({ sequence }) => !reasons.has(sequence)));
    for (const { endpointKey } of ended) this.#lane(endpointKey).due = true;
    for (const reason of reasons.values()) withheldTotal.inc({ reason });
    this.#log.log({
      event: 'webhooks.withheld',
      withheld: reasons.size,
      reasons: [...new Set(reasons.values())],
      ...(ended.length === 1 && { leadId: ended[0]?.leadId, deliveryId: ended[0]?.id }),
    });
    return claims.filter((claim) => claim.ended === null);
  }

  #keep(waiting: Waiting): void {
    const { claim, contact } = waiting;
    if (contact === UNREADABLE) {
      // Not sent without what it promises, and not given up: somebody has to look after the keys. Its lease runs out.
      this.#log.error({ event: 'webhooks.contact-unreadable', leadId: claim.leadId, deliveryId: claim.id });
      return;
    }
    this.#lane(claim.endpointKey).add(waiting);
    this.#buffered += 1;
  }

  async #loadEndpoints(claims: readonly Claim[]): Promise<void> {
    const now = performance.now();
    const unknown = new Set<string>();
    for (const { endpointKey, version } of claims) {
      const { endpoint } = this.#lane(endpointKey);
      if (endpoint?.version !== version || endpoint.loadedAt < now - ENDPOINT_TRUST_MS) unknown.add(endpointKey);
    }
    if (unknown.size === 0) return;
    const changes = new Map([...unknown].map((key) => [key, this.#lane(key).changes]));
    const rows = await this.endpoints.load(this.units.query, [...unknown]);
    for (const row of rows) {
      const lane = this.#lane(row.key);
      const before = lane.endpoint?.url.href;
      lane.endpoint = this.#endpointOf(row, now);
      if (before !== undefined && before !== lane.endpoint?.url.href) lane.forget();
    }
    await this.#noteReadability(rows);
    for (const [key, whenRead] of changes) if (!this.#lane(key).endpoint) this.#pause(this.#lane(key), now, whenRead);
  }

  /** Nothing at all while secrets can be opened, or not, as before. */
  async #noteReadability(rows: readonly SendingRow[]): Promise<void> {
    const wasUnreadable = ({ reason }: SendingRow) => reason === SECRET_UNREADABLE;
    const isUnreadable = ({ key }: SendingRow) => !this.#lane(key).endpoint;
    const lost = rows.filter((row) => isUnreadable(row) && !wasUnreadable(row));
    const found = rows.filter((row) => !isUnreadable(row) && wasUnreadable(row));
    const keysOf = (some: readonly SendingRow[]) => some.map(({ key }) => key);
    if (lost.length > 0) await this.endpoints.noteUnreadable(this.units.query, keysOf(lost));
    if (found.length > 0) await this.endpoints.noteReadable(this.units.query, keysOf(found));
  }

  /** What is due for it would be claimed and given back for as long as there is nothing to sign it with. */
  #pause(lane: Lane, now: number, changesWhenRead: number): void {
    this.#giveBack(lane.takeAll());
    // Changed while it was being read: claimed again at once.
    if (!lane.pause(now + UNREADABLE_PAUSE_MS, changesWhenRead)) lane.due = true;
  }

  /**
   * Undefined when no secret of it can be opened (another master key): that stops this endpoint, and no other. Those that can be opened
   * will do: a secret that was rotated because the one before it is lost must not wait for that one to end.
   */
  #endpointOf(row: SendingRow, now: number): Endpoint | undefined {
    const secrets = (row.secrets ?? []).flatMap((each) => {
      try {
        return parseSecret(this.secrets.open(each.id, Buffer.from(each.secret, 'base64')));
      } catch (error) {
        this.#complain(`cannot open secret ${each.id} of endpoint ${row.party}/${row.id}`, error);
        return [];
      }
    });
    if (secrets.length === 0 || !URL.canParse(row.url)) return undefined;
    const state = row.reason === SECRET_UNREADABLE ? 'active' : row.state;
    return { ...row, state, url: new URL(row.url), secrets, loadedAt: now };
  }

  // --- Send -----------------------------------------------------------------------------------------------------------

  #turn(lane: Lane): void {
    if (lane.canSend && !this.#stopping) this.#ready.add(lane);
  }

  #pump(): void {
    // A lane that is added again while it runs is visited again, after the others: that is the whole of the fairness.
    for (const lane of this.#ready) {
      if (this.#inFlight >= this.settings.concurrency) return;
      this.#ready.delete(lane);
      const waiting = lane.take();
      if (waiting) this.#begin(lane, waiting);
      this.#turn(lane);
    }
  }

  #begin(lane: Lane, waiting: Waiting): void {
    this.#buffered -= 1;
    const { endpoint } = lane;
    if (!endpoint || performance.now() > waiting.beginBefore || this.#isOutdated(waiting)) {
      this.#toRelease.push(waiting.claim);
      lane.due = true;
      return;
    }
    const startedAt = Date.now();
    const request = this.#requestOf(endpoint, waiting, startedAt);
    if (!request) return;
    lane.inFlight += 1;
    this.#inFlight += 1;
    void this.http.send(request).then((exchange) => this.#answered(lane, endpoint, waiting, startedAt, exchange));
  }

  /**
   * Claimed before its lead was erased, or its person refused their consent: an offer is then withheld, and everything else goes
   * without contact.
   */
  #isOutdated({ claim, contact, claimedAt }: Waiting): boolean {
    const tells = claim.eventType === 'lead.routed' || (contact !== undefined && contact !== null);
    return tells && (this.#erased.has(claim.leadId) || (this.#refused.get(claim.leadId) ?? -1) > claimedAt);
  }

  /** Undefined when no webhook can be made of it, which only a damaged row explains: left alone until its lease runs out. */
  #requestOf(endpoint: Endpoint, { claim, contact }: Waiting, now: number): OutgoingRequest | undefined {
    try {
      const body = webhookBody(claim, contact, this.settings.publicUrl);
      return {
        method: 'POST',
        url: endpoint.url,
        headers: webhookHeaders(claim.id, body, endpoint.secrets, now),
        body,
      };
    } catch (error) {
      this.#complain(`could not build webhook ${claim.id}`, error);
      return undefined;
    }
  }

  #answered(lane: Lane, endpoint: Endpoint, { claim, contact }: Waiting, startedAt: number, exchange: Exchange): void {
    crashPoint('delivery.sent');
    lane.inFlight -= 1;
    this.#inFlight -= 1;
    if (this.#inFlight === 0) this.#drained?.();
    // Broken off by ourselves: nobody's failure. The lease runs out, and it is sent again.
    if (exchange.outcome === 'failed' && exchange.why === 'cancelled') return;

    const attempt = claim.attempts + 1;
    const judgement = judgeAttempt(exchange, attempt, Date.now(), this.settings.retryScale, Math.random());
    const { outcome, failure, retryInMs } = judgement;
    const result: AttemptResult = {
      sequence: claim.sequence,
      claim: claim.claim,
      attempt,
      leadId: claim.leadId,
      startedAt,
      durationMs: exchange.durationMs,
      status: exchange.status,
      failure,
      excerpt:
        failure === undefined || exchange.beginning.length === 0
          ? undefined
          : excerptOf(exchange.beginning, wordsOf(contact)),
      outcome,
      retryInMs,
    };
    this.#attempted.push({ lane, endpoint, claim, result, judgement });
    if (outcome === 'delivered') lane.succeeded(exchange.durationMs);
    else lane.failed(exchange.durationMs);
    // It will not get through these soon; another sender, or this one later, may as well have them.
    if (lane.failing) this.#giveBack(lane.takeAll());
    attemptsTotal.inc({ outcome, failure: failure ?? '' });
    attemptSeconds.observe({ outcome }, exchange.durationMs / 1_000);

    this.#turn(lane);
    this.#pump();
    if (lane.due && lane.quota > 0) this.#claimSoon();
    this.#recordSoon();
  }

  #giveBack(all: readonly Waiting[]): void {
    this.#buffered -= all.length;
    this.#toRelease.push(...all.map(({ claim }) => claim));
  }

  async #giveAllBack(): Promise<void> {
    for (const lane of this.#lanes.values()) this.#giveBack(lane.takeAll());
    await this.#release().catch(() => undefined); // else their leases run out
  }

  async #release(): Promise<void> {
    if (this.#toRelease.length === 0) return;
    const claims = this.#toRelease;
    this.#toRelease = [];
    await this.queue.release(this.units.query, claims);
    for (const { endpointKey } of claims) this.#lane(endpointKey).due = true;
  }

  // --- Record ---------------------------------------------------------------------------------------------------------

  #recordSoon(): void {
    this.#recording ??= this.#recordAll().finally(() => {
      this.#recording = undefined;
      // What came in after the last look and before this line.
      if (this.#attempted.length > 0) this.#recordSoon();
    });
  }

  /** While one batch is being committed the next one gathers, so that batches are as large as the load is high. */
  async #recordAll(): Promise<void> {
    while (this.#attempted.length > 0) {
      await this.#insist(this.#attempted.splice(0, RECORD_BATCH));
      inFlightGauge.set(this.#inFlight);
      bufferedGauge.set(this.#buffered);
      this.#setAlarm();
      this.#claimSoon();
    }
  }

  /** An outage is waited out: what is forgotten here would be sent again. What cannot be recorded at all is given up alone. */
  async #insist(batch: readonly Attempted[]): Promise<void> {
    for (;;) {
      try {
        return await this.#record(batch);
      } catch (error) {
        this.#complain('could not record attempts', error);
        if (isTransient(error)) await pause(OUTAGE_PAUSE_MS);
        else if (batch.length === 1) return;
        else {
          for (const each of batch) await this.#insist([each]);
          return;
        }
      }
    }
  }

  async #record(batch: readonly Attempted[]): Promise<void> {
    const started = performance.now();
    // In the order of sequence: two senders that record the same deliveries then wait for, not on, each other.
    const ordered = [...batch].sort((left, right) => Number(left.result.sequence) - Number(right.result.sequence));
    const freed = await this.units.run(async (unit) => {
      const recorded = await this.queue.record(
        unit.query,
        ordered.map(({ result }) => result),
      );
      const retried = ordered.filter(({ result }) => result.outcome === 'retry');
      if (retried.length > 0)
        await this.queue.postponeFollowers(
          unit.query,
          retried.map(({ result }) => result.sequence),
        );
      await this.#noteEndpoints(unit, ordered);
      unit.say(
        ordered
          .filter(({ result }) => recorded.settled.has(result.sequence))
          .map((each) => outcomeEvent(each, unit.now)),
      );
      return recorded.freed;
    });
    crashPoint('delivery.recorded');
    for (const key of freed) this.#lane(key).due = true;
    const now = performance.now();
    for (const { lane, judgement } of batch) {
      const dueAt = judgement.retryInMs === undefined ? undefined : now + judgement.retryInMs;
      if (dueAt !== undefined && dueAt < (lane.dueAt ?? Infinity)) lane.dueAt = dueAt;
    }
    this.#report(batch, performance.now() - started);
  }

  /** What the batch has shown of endpoints; nothing at all while they work as before. */
  async #noteEndpoints(unit: UnitOfWork, batch: readonly Attempted[]): Promise<void> {
    for (const [endpoint, attempts] of Map.groupBy(batch, ({ endpoint }) => endpoint)) {
      const gone = attempts.some(({ judgement }) => judgement.gone);
      if (gone) await this.endpoints.disable(unit.query, endpoint.key, 'gone');
      const restMs = Math.max(...attempts.map(({ judgement }) => judgement.restMs ?? 0));
      if (restMs > 0) await this.endpoints.rest(unit.query, endpoint.key, restMs);
      const last = attempts.at(-1);
      if (!last || gone) continue;
      const state = last.lane.failing ? 'failing' : 'active';
      const { failure } = last.judgement;
      if (state === 'active' ? failure === undefined && endpoint.state === 'failing' : endpoint.state === 'active') {
        await this.endpoints.noteHealth(
          unit.query,
          endpoint.key,
          state,
          state === 'failing' ? (failure ?? 'unknown') : null,
        );
        last.lane.endpoint = last.lane.endpoint && { ...last.lane.endpoint, state };
      }
    }
  }

  #report(batch: readonly Attempted[], recordedInMs: number): void {
    const count = (outcome: string) => batch.filter(({ result }) => result.outcome === outcome).length;
    const durations = batch.map(({ result }) => result.durationMs);
    const failures = new Set(batch.flatMap(({ result }) => (result.failure === undefined ? [] : [result.failure])));
    this.#log.log({
      event: 'webhooks.sent',
      delivered: count('delivered'),
      retried: count('retry'),
      failed: count('failed'),
      endpoints: new Set(batch.map(({ endpoint }) => endpoint.key)).size,
      ...(batch.length === 1 && { leadId: batch[0]?.claim.leadId, deliveryId: batch[0]?.claim.id }),
      ...(failures.size > 0 && { failures: [...failures] }),
      slowestMs: Math.max(...durations),
      recordedInMs: Math.round(recordedInMs),
    });
  }

  // ----------------------------------------------------------------------------------------------------------------------

  #lane(key: string): Lane {
    let lane = this.#lanes.get(key);
    if (!lane) {
      lane = new Lane(key, this.settings.concurrencyPerEndpoint);
      this.#lanes.set(key, lane);
    }
    return lane;
  }

  async #answersWithin(milliseconds: number): Promise<void> {
    if (this.#inFlight === 0) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
  }

  #complain(what: string, error: unknown): void {
    this.#log.warn({ event: 'webhooks.interrupted', text: what, errorClass: classOf(error) });
  }
}

/** Strings of the contact that a server could have repeated in its answer. */
function wordsOf(contact: unknown): string[] {
  if (typeof contact === 'string') return [contact];
  return typeof contact === 'object' && contact !== null ? Object.values(contact).flatMap(wordsOf) : [];
}

function outcomeEvent({ endpoint, claim, result }: Attempted, now: number): EncodedEvent {
  const about = {
    party: endpoint.party,
    endpointId: endpoint.id,
    deliveryId: claim.id,
    eventId: claim.eventId,
    eventType: claim.eventType,
  };
  const envelope = {
    source: '/partner-notification',
    subject: claim.leadId,
    time: now,
    ...(claim.traceparent !== null && { traceparent: claim.traceparent }),
  };
  if (result.outcome === 'delivered')
    return encodeEvent(PartnerNotified, {
      ...envelope,
      id: derivedId(claim.id, PartnerNotified.type),
      data: { ...about, attempt: result.attempt, status: result.status ?? 200, durationMs: result.durationMs },
    });
  return encodeEvent(PartnerUnreachable, {
    ...envelope,
    id: derivedId(claim.id, PartnerUnreachable.type),
    data: { ...about, attempts: result.attempt, lastFailure: result.failure ?? 'unknown' },
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { classOf, crashPoint, UnitsOfWork } from '@fairlead/messaging';
import { type NotificationSettings, SETTINGS } from '../config.js';
import type { CameBack, Send } from '../doors/door.js';
import { Doors } from '../doors/doors.js';
import { bufferedGauge, inFlightGauge, withheldTotal } from '../metrics.js';
import { type AttemptResult, BOOKED_AHEAD_MS, type Claim, DeliveryQueueStore } from '../store/delivery-queue.store.js';
import { EndpointsStore, SECRET_UNREADABLE, type SendingRow } from '../store/endpoints.store.js';
import { Contacts, UNREADABLE } from './contacts.js';
import { EndpointOpener } from './endpoint-opener.js';
import { excerptOf } from './excerpt.js';
import { judgeAttempt } from './judge-attempt.js';
import { type Endpoint, Lane, type Waiting } from './lane.js';
import { Recorder } from './recorder.js';
import { Turns } from './turns.js';
import { ofOffers } from './webhook-events.js';

/** One statement's worth: enough that its cost per delivery is small, few enough that it takes milliseconds. */
const CLAIM_BATCH = 500;
/**
 * About 3 KB each. At 5,000 a second a fifth of a second's work is left when the next claim is made, which takes less. More would not be
 * sent sooner, and every look for what is due comes across all that is claimed already: with 4,000 that was most of what a claim took.
 */
const MAX_BUFFERED = 1_500;
/**
 * For an endpoint of which nothing is claimed, however much is of others, which may all be hanging. With that, what is claimed is bounded by
 * how many endpoints there are.
 */
const AT_LEAST = 32;
/** The net under a lost wake-up, and how soon a dead sender's expired leases are noticed. */
const POLL_MS = 1_000;
/** While the database is away. */
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
  /** Of the lane, before anything was claimed for it. */
  readonly changes: number;
}

/**
 * Sends what is due, in three steps of which no two share a transaction: claim (a lease, committed), send, record. A sender
 * that dies at any point leaves leases that run out, and another one sends again under the same webhook-id.
 *
 * Everything is done in batches except the sending itself. Who sends next is for `Turns` to say, what is written down for `Recorder`.
 */
@Injectable()
export class Dispatcher implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('webhooks');
  readonly #lanes = new Map<string, Lane>();
  readonly #turns: Turns;
  #toRelease: Claim[] = [];
  readonly #erased = new Set<string>();
  /** Leads whose person has refused their consent, and when that was known here; for as long as erased ones. */
  readonly #refused = new Map<string, number>();
  #buffered = 0;
  #claiming: Promise<void> | undefined;
  #stopping = false;
  #poll: NodeJS.Timeout | undefined;
  #alarm: { readonly at: number; readonly timer: NodeJS.Timeout } | undefined;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly queue: DeliveryQueueStore,
    private readonly endpoints: EndpointsStore,
    private readonly contacts: Contacts,
    private readonly opener: EndpointOpener,
    private readonly doors: Doors,
    private readonly recorder: Recorder,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {
    this.#turns = new Turns(settings.concurrency, (lane, waiting) => this.#send(lane, waiting));
  }

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

  /**
   * Its party has changed the endpoint: what could not be sent before may be sent now, and what was claimed before is claimed again, as it
   * is to be sent by now. What is under way comes to its end.
   */
  tryAgain(endpointKey: string): void {
    this.#noteChange(this.#lane(endpointKey));
    void this.#release()
      .catch(() => undefined) // else their leases run out
      .then(() => this.wake([endpointKey]));
  }

  /** Claims no more, waits for answers that are under way, records them. What was claimed and not sent is given back. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#poll);
    clearTimeout(this.#alarm?.timer);
    this.#turns.end();
    await this.#giveAllBack();
    await this.#turns.answersWithin(DRAIN_MS);
    await this.doors.close();
    await this.recorder.done();
    // A claim that was under way has brought more, and an endpoint that began to fail has given up what it had.
    await this.#claiming;
    await this.#giveAllBack();
  }

  // --- What is due ----------------------------------------------------------------------------------------------------

  async #lookForDue(): Promise<void> {
    try {
      const now = performance.now();
      for (const { endpointKey, version, inMs } of await this.queue.nextDue(this.units.query)) {
        const lane = this.#lane(endpointKey);
        // Through another process, which has told nobody.
        if (lane.endpoint && lane.endpoint.version !== version) this.#noteChange(lane);
        if (inMs <= 0) lane.due = true;
        else lane.lookAt(now + inMs);
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

  /**
   * Lanes in turn, each with what it has room for; with many of them, each still gets something. Until there is room for a whole batch
   * only those that have nothing to do: a claim costs nearly the same for few as for many.
   */
  #wanted(): Wanted[] {
    const now = performance.now();
    const isFull = MAX_BUFFERED - this.#buffered < CLAIM_BATCH;
    const hungry: Lane[] = [];
    for (const lane of this.#lanes.values())
      if (lane.due && !(isFull && lane.isBusy) && lane.quota > 0 && lane.pausedUntil <= now) hungry.push(lane);
    if (hungry.length === 0) return [];
    const share = Math.min(isFull ? AT_LEAST : CLAIM_BATCH, Math.max(1, Math.floor(CLAIM_BATCH / hungry.length)));
    const wanted = hungry
      .slice(0, CLAIM_BATCH)
      .map((lane) => ({ lane, endpointKey: lane.key, quota: Math.min(share, lane.quota), changes: lane.changes }));
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
    const outdated: Claim[] = [];
    try {
      const live = await this.#withholdEnded(claims);
      await this.#loadEndpoints(live);
      const usable = live.filter(({ endpointKey }) => this.#lane(endpointKey).endpoint);
      this.#toRelease.push(...live.filter(({ endpointKey }) => !this.#lane(endpointKey).endpoint));
      const contacts = await this.contacts.open(usable);
      const { leaseMs, leaseMarginMs, deadlineMs } = this.settings;
      const leaseAllows = leasedAt + leaseMs - leaseMarginMs - deadlineMs;
      const changed = new Set(wanted.flatMap(({ lane, changes }) => (lane.changes === changes ? [] : [lane.key])));
      const booked = new Map<string, number>();
      usable.forEach((claim, i) => {
        // Claimed for what the endpoint was before a change that has come in between: another order, perhaps.
        if (changed.has(claim.endpointKey) || this.#lane(claim.endpointKey).endpoint?.version !== claim.version) {
          outdated.push(claim);
          return;
        }
        // An offer whose time runs out while it waits for its turn is looked at again, and withheld.
        const beginBefore = Math.min(leaseAllows, leasedAt + (claim.openForMs ?? Infinity));
        this.#keep({
          claim,
          contact: contacts[i],
          claimedAt: leasedAt,
          beginBefore,
          notBefore: this.#turnOf(claim, booked),
        });
      });
      // What is booked is claimed; the rest can be when that is half used up.
      for (const [key, until] of booked) this.#lane(key).lookAt(until - BOOKED_AHEAD_MS / 2);
    } catch (error) {
      this.#toRelease.push(...claims);
      throw error;
    }
    for (const key of byKey.keys()) this.#turns.offer(this.#lane(key));
    this.#turns.take();
    if (outdated.length > 0) {
      this.#toRelease.push(...outdated);
      await this.#release().catch(() => undefined); // else their leases run out
    }
    this.#setAlarm();
  }

  /**
   * When it may be sent: at once, unless its endpoint has a rate. Then those that were claimed together go one after the other.
   * @param booked until when, by endpoint: what was claimed before this one
   */
  #turnOf({ endpointKey, bookedInMs }: Claim, booked: Map<string, number>): number {
    const perSecond = this.#lane(endpointKey).endpoint?.perSecond;
    if (bookedInMs === null || perSecond == null) return 0;
    const turn = booked.get(endpointKey) ?? performance.now() + bookedInMs;
    booked.set(endpointKey, turn + 1_000 / perSecond);
    return turn;
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
    await this.#askAgain(ended);
    for (const reason of reasons.values()) withheldTotal.inc({ reason });
    this.#log.log({
      event: 'webhooks.withheld',
      withheld: reasons.size,
      reasons: [...new Set(reasons.values())],
      ...(ended.length === 1 && { leadId: ended[0]?.leadId, deliveryId: ended[0]?.id }),
    });
    return claims.filter((claim) => claim.ended === null);
  }

  /** A probe that was not sent has shown nothing: another one may be sent instead, and not only when its lease is over. */
  async #askAgain(claims: readonly Claim[]): Promise<void> {
    const probes = claims.flatMap(({ probe, endpointKey }) => (probe ? [endpointKey] : []));
    if (probes.length > 0) await this.endpoints.probeNow(this.units.query, probes);
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
      const before = lane.endpoint;
      lane.endpoint = this.opener.open(row, now);
      if (!before) continue;
      if (before.version !== row.version) this.#giveBack(lane.takeAll());
      if (JSON.stringify(before.address) !== JSON.stringify(lane.endpoint?.address)) lane.forget();
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

  // --- Send -----------------------------------------------------------------------------------------------------------

  /** Undefined when it is not sent after all: too late, or something has happened to its lead. */
  #send(lane: Lane, waiting: Waiting): Promise<() => void> | undefined {
    this.#buffered -= 1;
    const { endpoint } = lane;
    if (!endpoint || performance.now() > waiting.beginBefore || this.#isOutdated(waiting)) {
      this.#toRelease.push(waiting.claim);
      lane.due = true;
      return undefined;
    }
    const startedAt = Date.now();
    const send = this.#prepared(endpoint, waiting, startedAt);
    if (!send) return undefined;
    return send().then((exchange) => () => this.#answered(lane, endpoint, waiting, startedAt, exchange));
  }

  /**
   * Claimed before its lead was erased, or its person refused their consent: an offer is then withheld, and everything else goes
   * without contact.
   */
  #isOutdated({ claim, contact, claimedAt }: Waiting): boolean {
    const tells = ofOffers.has(claim.eventType) || (contact !== undefined && contact !== null);
    return tells && (this.#erased.has(claim.leadId) || (this.#refused.get(claim.leadId) ?? -1) > claimedAt);
  }

  /** Undefined when no webhook can be made of it, which only a damaged row explains: left alone until its lease runs out. */
  #prepared(endpoint: Endpoint, { claim, contact }: Waiting, now: number): Send | undefined {
    try {
      return this.doors.prepare(endpoint, claim, contact, now);
    } catch (error) {
      this.#complain(`could not build webhook ${claim.id}`, error);
      return undefined;
    }
  }

  #answered(lane: Lane, endpoint: Endpoint, { claim, contact }: Waiting, startedAt: number, exchange: CameBack): void {
    crashPoint('delivery.sent');
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
    if (outcome === 'delivered') lane.succeeded(exchange.durationMs);
    else lane.failed(exchange.durationMs);
    // It will not get through these soon; another sender, or this one later, may as well have them.
    if (lane.failing || judgement.gone) this.#giveBack(lane.takeAll());
    if (lane.due && lane.quota > 0) this.#claimSoon();
    this.recorder.record({ lane, endpoint, claim, result, judgement }, this.#recorded);
  }

  readonly #recorded = (freed: readonly string[]): void => {
    for (const key of freed) this.#lane(key).due = true;
    inFlightGauge.set(this.#turns.inFlight);
    bufferedGauge.set(this.#buffered);
    this.#setAlarm();
    this.#claimSoon();
  };

  #noteChange(lane: Lane): void {
    lane.endPause();
    this.#giveBack(lane.takeAll());
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
    await this.#askAgain(claims);
    for (const { endpointKey } of claims) this.#lane(endpointKey).due = true;
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

  #complain(what: string, error: unknown): void {
    this.#log.warn({ event: 'webhooks.interrupted', text: what, errorClass: classOf(error) });
  }
}

/** Strings of the contact that a server could have repeated in its answer. */
function wordsOf(contact: unknown): string[] {
  if (typeof contact === 'string') return [contact];
  return typeof contact === 'object' && contact !== null ? Object.values(contact).flatMap(wordsOf) : [];
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  PartnerEndpointDisabled,
  PartnerNotified,
  PartnerUnreachable,
} from '@fairlead/events';
import { classOf, crashPoint, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { attemptSeconds, attemptsTotal } from '../metrics.js';
import { type AttemptResult, type Claim, DeliveryQueueStore } from '../store/delivery-queue.store.js';
import { EndpointsStore } from '../store/endpoints.store.js';
import { type Finding, FIRST_PROBE_MS, findingOf } from './breaker.js';
import type { Judgement } from './judge-attempt.js';
import type { Endpoint, Lane } from './lane.js';
import { eventsIn, type ToldEvent } from './digest.js';

/** One statement's worth: enough that its cost per attempt is small, few enough that it takes milliseconds. */
const BATCH = 500;
/** While the database is away; short, because what was sent and is not recorded may be sent again. */
const OUTAGE_PAUSE_MS = 250;
const SOURCE = '/partner-notification';

/** An attempt that is over and not yet recorded. */
export interface Attempted {
  readonly lane: Lane;
  readonly endpoint: Endpoint;
  readonly claim: Claim;
  readonly result: AttemptResult;
  readonly judgement: Judgement;
}

/** What attempts that are recorded together have shown of their endpoint. */
interface Noted {
  readonly key: string;
  readonly attempts: readonly Attempted[];
  readonly restMs: number;
  readonly finding: Finding;
}

/**
 * Records what came of attempts, with the event that says so, and what they have shown of their endpoints. While one batch is being
 * committed the next one gathers, so that batches are as large as the load is high.
 */
@Injectable()
export class Recorder {
  readonly #log = new Logger('webhooks');
  readonly #attempted: Attempted[] = [];
  #recording: Promise<void> | undefined;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly queue: DeliveryQueueStore,
    private readonly endpoints: EndpointsStore,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  /** @param afterEach  called with the endpoints for which something waited for what is now recorded */
  record(attempted: Attempted, afterEach: (freed: readonly string[]) => void): void {
    this.#attempted.push(attempted);
    this.#recordSoon(afterEach);
  }

  #recordSoon(afterEach: (freed: readonly string[]) => void): void {
    this.#recording ??= this.#recordAll(afterEach).finally(() => {
      this.#recording = undefined;
      // What came in after the last look and before this line.
      if (this.#attempted.length > 0) this.#recordSoon(afterEach);
    });
  }

  /** Everything that was handed over by now is in the database, or given up. */
  async done(): Promise<void> {
    while (this.#recording) await this.#recording;
  }

  async #recordAll(afterEach: (freed: readonly string[]) => void): Promise<void> {
    while (this.#attempted.length > 0) {
      afterEach(await this.#insist(this.#attempted.splice(0, BATCH)));
    }
  }

  /** An outage is waited out: what is forgotten here would be sent again. What cannot be recorded at all is given up alone. */
  async #insist(batch: readonly Attempted[]): Promise<string[]> {
    for (;;) {
      try {
        return await this.#record(batch);
      } catch (error) {
        this.#log.warn({
          event: 'webhooks.interrupted',
          text: 'could not record attempts',
          errorClass: classOf(error),
        });
        if (isTransient(error)) await pause(OUTAGE_PAUSE_MS);
        else if (batch.length === 1) return [];
        else {
          const freed: string[] = [];
          for (const each of batch) freed.push(...(await this.#insist([each])));
          return freed;
        }
      }
    }
  }

  async #record(batch: readonly Attempted[]): Promise<string[]> {
    const started = performance.now();
    // In the order of sequence: two senders that record the same deliveries then wait for, not on, each other.
    const ordered = [...batch].sort((left, right) => Number(left.result.sequence) - Number(right.result.sequence));
    const noted = notedOf(batch);
    const freed = await this.units.run(async (unit) => {
      if (noted.length > 0)
        await this.endpoints.hold(
          unit.query,
          noted.map(({ key }) => key),
        );
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
      const woken = await this.#noteEndpoints(unit, noted);
      unit.say(
        ordered
          .filter(({ result }) => recorded.settled.has(result.sequence))
          .flatMap((each) => eventsIn(each.claim).map((event) => outcomeEvent(each, event, unit.now))),
      );
      return [...recorded.freed, ...woken];
    });
    crashPoint('delivery.recorded');
    const now = performance.now();
    for (const { lane, judgement } of batch)
      if (judgement.retryInMs !== undefined) lane.lookAt(now + judgement.retryInMs);
    this.#report(batch, performance.now() - started);
    return freed;
  }

  /** @returns the endpoints for which everything that waits is due now */
  async #noteEndpoints(unit: UnitOfWork, noted: readonly Noted[]): Promise<string[]> {
    const woken: string[] = [];
    for (const { key, attempts, restMs, finding } of noted) {
      const [{ lane }] = attempts as [Attempted];
      if (restMs > 0) await this.endpoints.rest(unit.query, key, restMs);
      switch (finding.is) {
        case 'as-before':
          break;
        case 'gone':
          await this.#disable(unit, attempts, 'gone');
          break;
        case 'working-again':
          if (await this.endpoints.noteWorking(unit.query, key)) woken.push(key);
          lane.knownToBe('active');
          break;
        case 'failing':
          await this.endpoints.noteFailing(unit.query, key, finding.failure, this.settings.retryScale);
          lane.knownToBe('failing');
          this.#probeIn(FIRST_PROBE_MS * this.settings.retryScale, lane, unit);
          break;
        case 'still-failing': {
          const { retryScale, disableAfterMs } = this.settings;
          const { tooLong, probeInMs } = await this.endpoints.noteProbe(unit.query, key, retryScale, disableAfterMs);
          if (tooLong) await this.#disable(unit, attempts, 'failed-for-too-long');
          else if (probeInMs !== undefined) this.#probeIn(probeInMs, lane, unit);
        }
      }
    }
    return woken;
  }

  /** Not before this is committed: whoever looks sooner sees that it is not time yet, and looks no more until the next poll. */
  #probeIn(milliseconds: number, lane: Lane, unit: UnitOfWork): void {
    unit.afterCommit(() => lane.lookAt(performance.now() + milliseconds));
  }

  async #disable(
    unit: UnitOfWork,
    attempts: readonly Attempted[],
    reason: 'gone' | 'failed-for-too-long',
  ): Promise<void> {
    const last = attempts.findLast(({ judgement }) => judgement.failure !== undefined);
    if (!last) return;
    const { endpoint, claim, judgement } = last;
    const disabled = await this.endpoints.disable(unit.query, endpoint.key, reason);
    if (!disabled) return;
    unit.say([
      encodeEvent(PartnerEndpointDisabled, {
        id: derivedId(claim.id, PartnerEndpointDisabled.type, String(claim.claim)),
        source: SOURCE,
        subject: endpoint.party,
        time: unit.now,
        data: {
          ...{ party: endpoint.party, endpointId: endpoint.id, reason, lastFailure: judgement.failure ?? 'unknown' },
          ...(disabled.failingSince !== null && { failingSince: disabled.failingSince.getTime() }),
          withheld: disabled.withheld,
        },
      }),
    ]);
    unit.afterCommit(() =>
      this.#log.warn({
        ...{ event: 'endpoint.disabled', party: endpoint.party, endpointId: endpoint.id, reason },
        ...{ failure: judgement.failure, withheld: disabled.withheld },
      }),
    );
  }

  #report(batch: readonly Attempted[], recordedInMs: number): void {
    const count = (outcome: string) => batch.filter(({ result }) => result.outcome === outcome).length;
    const durations = batch.map(({ result }) => result.durationMs);
    for (const { result } of batch) attemptSeconds.labels(result.outcome).observe(result.durationMs / 1_000);
    for (const [failure, some] of Map.groupBy(batch, ({ result }) => result.failure ?? ''))
      for (const [outcome, { length }] of Map.groupBy(some, ({ result }) => result.outcome))
        attemptsTotal.inc({ outcome, failure }, length);
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
}

/** What a batch has shown of endpoints; nothing at all while they work as before. */
function notedOf(batch: readonly Attempted[]): readonly Noted[] {
  return [...Map.groupBy(batch, ({ endpoint }) => endpoint.key)].flatMap(([key, attempts]) => {
    const [{ lane, endpoint }] = attempts as [Attempted];
    const restMs = Math.max(...attempts.map(({ judgement }) => judgement.restMs ?? 0));
    const shown = attempts.map(({ judgement, claim }) => ({ ...judgement, probe: claim.probe }));
    const finding = findingOf(endpoint.state, shown, lane.failing);
    return restMs > 0 || finding.is !== 'as-before' ? [{ key, attempts, restMs, finding }] : [];
  });
}

function outcomeEvent({ endpoint, claim, result }: Attempted, event: ToldEvent, now: number): EncodedEvent {
  const about = {
    party: endpoint.party,
    endpointId: endpoint.id,
    deliveryId: claim.id,
    eventId: event.eventId,
    eventType: event.eventType,
  };
  const envelope = {
    source: SOURCE,
    subject: event.leadId,
    time: now,
    ...(claim.traceparent !== null && { traceparent: claim.traceparent }),
  };
  if (result.outcome === 'delivered')
    return encodeEvent(PartnerNotified, {
      ...envelope,
      id: derivedId(claim.id, PartnerNotified.type, ...event.among),
      data: { ...about, attempt: result.attempt, status: result.status ?? 200, durationMs: result.durationMs },
    });
  return encodeEvent(PartnerUnreachable, {
    ...envelope,
    id: derivedId(claim.id, PartnerUnreachable.type, ...event.among),
    data: { ...about, attempts: result.attempt, lastFailure: result.failure ?? 'unknown' },
  });
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import { Clock, crashPoint, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { type Exchange, GuardedHttp } from '@fairlead/platform/outgoing';
import { setTimeout as sleep } from 'node:timers/promises';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { AccessTokens, type Obtained } from '../feedback/access-tokens.js';
import { callbackRequest } from '../feedback/callback.js';
import type { FeedbackEntry } from '../feedback/entry.js';
import { type Judged, judgeCallback, judgeTool } from '../feedback/judge-answer.js';
import { type Telling, TOKEN_REFUSED, wordsFor } from '../feedback/telling.js';
import { tellingOf } from '../feedback/tools.js';
import { feedbackTotal } from '../metrics.js';
import { nextAttemptMs, pauseMs } from '../sources/attempt-schedule.js';
import { ClicksStore } from '../store/clicks.store.js';
import { type Batch, FeedbackTargetsStore, type TargetKind } from '../store/feedback-targets.store.js';
import { FeedbackStore, type StoredEntry } from '../store/feedback.store.js';
import { LeadsStore } from '../store/leads.store.js';
import { SourcesStore, type ToldTool } from '../store/sources.store.js';
import { MAX_ANSWER_BYTES } from './fetches.timer.js';
import { SideBySide } from './side-by-side.js';

/** What became of a lead a second ago is early enough. */
const LOOK_EVERY_MS = 1_000;
/** What every tool takes in one request; a callback of so many entries has some 30 KB. */
const BATCH = 100;
/** Four requests a second to a tool, as for what is asked of it. */
const TOOL_PACE_MS = 250;
/** Each waits for its own receiver; more are left for the next look, or another process. */
const MAX_TARGETS = 10;

/**
 * Tells sources, and their tools, what became of their leads: claims a batch, sends it outside any transaction, writes down what
 * came of it. At least once: whatever dies in between, the same batch is sent again under the same id. In order: a batch that
 * fails holds up those behind it until it is taken, or given up after nine attempts in two days; it can be read all the same.
 */
@Injectable()
export class FeedbackTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('feedback');
  readonly #works = new SideBySide(MAX_TARGETS, (error) => this.#note(error));
  #stopping = false;
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: () => this.#look(),
    onFailure: (error) => this.#note(error),
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly targets: FeedbackTargetsStore,
    private readonly feedback: FeedbackStore,
    private readonly sources: SourcesStore,
    private readonly clicks: ClicksStore,
    private readonly leads: LeadsStore,
    private readonly tokens: AccessTokens,
    private readonly http: GuardedHttp,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    await this.#clock.stop();
    // What is under way is broken off: its lease ends, and it is told again.
    await this.http.close();
    await this.#works.ended();
  }

  /** A receiver that takes its time holds up no other. */
  async #look(): Promise<void> {
    for (const { sourceId, kind } of await this.targets.due(this.units.query)) {
      if (this.#stopping || this.#works.isFull) return;
      this.#works.begin(`${kind} ${sourceId}`, () => this.#work(sourceId, kind));
    }
  }

  async #work(sourceId: string, kind: TargetKind): Promise<void> {
    for (;;) {
      if (this.#stopping) return;
      const batch = await this.targets.claim(this.units.query, sourceId, kind, BATCH);
      if (!batch) return;
      crashPoint('feedback.claimed');
      const entries = await this.feedback.page(this.units.query, sourceId, { ...batch, limit: BATCH });
      const judged = await (kind === 'callback' ? this.#call(batch, entries) : this.#tell(batch, entries));
      if (this.#stopping) return;
      crashPoint('feedback.sent');
      await this.#settle(batch, entries, judged);
      if (kind === 'tool') await sleep(TOOL_PACE_MS);
    }
  }

  async #call(batch: Batch, stored: readonly StoredEntry[]): Promise<Judged> {
    const entries = stored.map(({ entry }) => entry);
    // Erased since, or too old by now.
    if (entries.length === 0) return { kind: 'told', refused: 0 };
    const callback = await this.sources.callbackOf(batch.sourceId);
    if (!callback) return { kind: 'wait', why: 'secret-unreadable' };
    const id = derivedId(batch.sourceId, 'feedback', `${batch.after}-${batch.through}`);
    const exchange = await this.http.send(
      callbackRequest(callback, { id, source: batch.sourceId, entries }, Date.now()),
    );
    const judged = judgeCallback(exchange);
    this.#noteSent(batch, entries.length, judged, exchange);
    return judged;
  }

  async #tell(batch: Batch, stored: readonly StoredEntry[]): Promise<Judged> {
    const source = await this.sources.read(batch.sourceId);
    const telling = source && tellingOf(source.format);
    const outcomes = await this.sources.outcomesOf(batch.sourceId);
    if (!telling || !outcomes) return { kind: 'wait', why: 'token-unreadable' };
    const entries = await this.#entriesFor(telling, batch.sourceId, stored);
    const words = wordsFor(entries, outcomes.words, telling, Date.now());
    if (words.length === 0) return { kind: 'told', refused: 0 };
    const access = await this.#accessOf(batch.sourceId, outcomes);
    if ('trouble' in access) {
      this.#noteSent(batch, words.length, access.trouble, access);
      return access.trouble;
    }
    const { url, body, ...request } = telling.request(
      words,
      { into: '', ...outcomes, token: access.token },
      Date.now(),
    );
    const exchange = await this.http.send({
      ...{ method: request.method, headers: { ...request.headers } },
      ...{ url: new URL(url), body: Buffer.from(body), keepBytes: MAX_ANSWER_BYTES },
    });
    const judged = judgeTool(exchange, telling, words);
    if ('why' in judged && judged.why === TOKEN_REFUSED.why) this.tokens.forget(batch.sourceId);
    this.#noteSent(batch, words.length, judged, exchange);
    return judged;
  }

  /** As the tool knows the leads: by its own names, or by clicks. */
  async #entriesFor(
    { byClick, forAdvertising }: Telling,
    sourceId: string,
    stored: readonly StoredEntry[],
  ): Promise<readonly FeedbackEntry[]> {
    const { query } = this.units;
    const all = stored.map(({ entry }) => entry);
    const leads = new Set(all.map(({ lead }) => lead));
    const unwilling = forAdvertising ? await this.leads.unwilling(query, [...leads]) : new Set();
    const entries = all.filter(({ lead }) => !unwilling.has(lead));
    if (!byClick) return entries;
    const names = new Set(entries.flatMap(({ externalId }) => externalId ?? []));
    const clicks = await this.clicks.of(query, sourceId, [...names]);
    return entries.flatMap((entry) => {
      const clickId = clicks.get(entry.externalId ?? '');
      return clickId === undefined ? [] : [{ ...entry, externalId: clickId }];
    });
  }

  /** The token that was given; else one that the source's client gets. */
  async #accessOf(sourceId: string, told: ToldTool): Promise<Obtained> {
    return 'token' in told ? told : this.tokens.of(sourceId, told.client, told.grant, told.baseUrl);
  }

  async #settle(batch: Batch, entries: readonly StoredEntry[], judged: Judged): Promise<void> {
    const { query } = this.units;
    switch (judged.kind) {
      case 'told':
        return this.targets.settle(query, batch, null);
      case 'refused': {
        const middle = entries[Math.ceil(entries.length / 2) - 1];
        // One that is not there any more makes some tools refuse all of them.
        if (entries.length > 1 && middle) return this.targets.narrow(query, batch, middle.position);
        return this.targets.settle(query, batch, judged.why);
      }
      case 'wait': {
        const delayMs = pauseMs(judged.retryAfter, this.settings.retryScale);
        return this.targets.tryLater(query, batch, { why: judged.why, delayMs, counts: false });
      }
      case 'failed':
        return this.#tryLater(batch, entries.length, judged.why);
    }
  }

  async #tryLater(batch: Batch, count: number, why: string): Promise<void> {
    const delayMs = nextAttemptMs(batch.attempts, this.settings.retryScale, Math.random());
    if (delayMs !== undefined) return this.targets.tryLater(this.units.query, batch, { why, delayMs, counts: true });
    feedbackTotal.inc({ target: batch.kind, outcome: 'given-up' }, count);
    this.#log.error({ event: 'feedback.given-up', source: batch.sourceId, target: batch.kind, count, why });
    return this.targets.settle(this.units.query, batch, why);
  }

  #noteSent(
    { sourceId, kind, attempts }: Batch,
    count: number,
    judged: Judged,
    { durationMs: ms }: Pick<Exchange, 'durationMs'>,
  ): void {
    const refused = judged.kind === 'told' ? judged.refused : 0;
    feedbackTotal.inc({ target: kind, outcome: judged.kind }, count - refused);
    feedbackTotal.inc({ target: kind, outcome: 'refused' }, refused);
    this.#log.log({
      ...{ event: 'feedback.sent', source: sourceId, target: kind, count, attempts, outcome: judged.kind },
      ...('why' in judged && { why: judged.why }),
      ...(refused > 0 && { refused }),
      ms,
    });
  }

  #note(error: unknown): void {
    // An outage of the database is shown by readiness; the next look tries again.
    if (!isTransient(error)) this.#log.error({ event: 'feedback.failed', error: error as Error });
  }
}

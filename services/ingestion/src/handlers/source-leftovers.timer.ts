import { Inject, Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';
import { ClicksStore } from '../store/clicks.store.js';
import { FeedbackStore } from '../store/feedback.store.js';
import { FetchesStore } from '../store/fetches.store.js';
import { SetAsideStore } from '../store/set-aside.store.js';

/** Of what is kept for thirty days, an hour more is nothing. */
const LOOK_EVERY_MS = 3_600_000;
/** Few enough that nobody waits for their locks. */
const BATCH = 1_000;

/** Drops what was set aside, what was never asked for, what became of leads, and by which click they came, when its time has come: it may be about people. */
@Injectable()
export class SourceLeftoversTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #clock = new Clock({ everyMs: LOOK_EVERY_MS, look: (stopping) => this.#drop(stopping) });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly fetches: FetchesStore,
    private readonly setAside: SetAsideStore,
    private readonly feedback: FeedbackStore,
    private readonly clicks: ClicksStore,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #drop(stopping: () => boolean): Promise<void> {
    while (!stopping() && (await this.setAside.dropOld(this.units.query, BATCH)) === BATCH);
    while (!stopping() && (await this.fetches.dropOld(this.units.query, BATCH)) === BATCH);
    while (!stopping() && (await this.clicks.dropOld(this.units.query, BATCH)) === BATCH);
    const { feedbackRetentionMs } = this.settings;
    while (!stopping() && (await this.feedback.dropOld(this.units.query, feedbackRetentionMs, BATCH)) === BATCH);
  }
}

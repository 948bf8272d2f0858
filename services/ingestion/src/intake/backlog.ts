import { Inject, Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { Problem } from '@fairlead/platform';
import { INGESTION_SETTINGS, type IngestionSettings } from '../config.js';

/** Looked at once a second at most: at ten thousand leads a second the limit is overrun by little. */
const LOOK_EVERY_MS = 1_000;
/** Kafka may come back at any moment, and the backlog then drains at some ten thousand a second. */
const RETRY_AFTER_SECONDS = 10;

/** How much is waiting for Kafka. Taking in goes on without Kafka, but not until the disk is full. */
@Injectable()
export class Backlog {
  #unpublished = 0;
  #lookedAt = 0;

  constructor(
    private readonly units: UnitsOfWork,
    @Inject(INGESTION_SETTINGS) private readonly settings: IngestionSettings,
  ) {}

  /** @throws Problem 503 */
  refuseWhenFull(): void {
    if (Date.now() - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = Date.now();
      // Not waited for: the answer is for the requests after this one. When it fails, so will the intake itself.
      void this.#look().catch(() => undefined);
    }
    if (this.#unpublished >= this.settings.maxUnpublished) {
      throw new Problem(503, {
        type: 'backlog-full',
        title: 'Too much is waiting',
        detail: 'Kafka has not taken what came in before. Nothing of this request was taken.',
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      });
    }
  }

  async #look(): Promise<void> {
    // The ends of the index instead of a count: positions are given out without gaps, near enough.
    const [row] = await this.units.query<{ unpublished: string }>(
      'SELECT coalesce(max(position) - min(position) + 1, 0) AS unpublished FROM outbox',
    );
    this.#unpublished = Number(row?.unpublished ?? 0);
  }
}

import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { IdempotencyKeysStore } from '../store/idempotency-keys.store.js';

/** A key that is kept ten minutes longer than a day harms nobody. */
const LOOK_EVERY_MS = 600_000;
/** Few enough that nobody waits for their locks. */
const BATCH = 1_000;

/** Forgets Idempotency-Keys that are older than a day. */
@Injectable()
export class IdempotencyKeysTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.#forget(stopping),
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly keys: IdempotencyKeysStore,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #forget(stopping: () => boolean): Promise<void> {
    while (!stopping() && (await this.keys.forgetOld(this.units.query, BATCH)) === BATCH);
  }
}

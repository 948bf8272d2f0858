import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { IdempotencyKeysStore } from '../store/idempotency-keys.store.js';

/** A key that is kept ten minutes longer than a day harms nobody. */
const LOOK_EVERY_MS = 600_000;
/** Few enough that nobody waits for their locks. */
const BATCH = 1_000;

/** Forgets Idempotency-Keys that are older than a day. */
@Injectable()
export class IdempotencyKeysTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly keys: IdempotencyKeysStore,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setInterval(() => {
      this.#running = this.#forget().catch(() => undefined);
    }, LOOK_EVERY_MS);
    this.#timer.unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  async #forget(): Promise<void> {
    while (!this.#stopping && (await this.keys.forgetOld(this.units.query, BATCH)) === BATCH);
  }
}

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { EraseLead } from '../erasure/erase-lead.js';
import { ErasuresStore } from '../store/erasures.store.js';

/** Whoever asked has been answered or has seen a process die; some seconds are soon, and an idle look costs one index page. */
const LOOK_EVERY_MS = 2_000;
const BATCH = 100;

/** Erasures that were begun and that nobody has finished, because a process died or the key database was away → lead.erased */
@Injectable()
export class ErasureTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('erasure');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.#finishAll(stopping),
    onFailure: (error) => {
      // An outage of either database is shown by readiness; the next look tries again.
      if (!isTransient(error)) this.#log.error({ event: 'erasure.failed', error: error as Error });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly erasures: ErasuresStore,
    private readonly erasing: EraseLead,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #finishAll(stopping: () => boolean): Promise<void> {
    for (const leadId of await this.erasures.unfinished(this.units.query, BATCH)) {
      if (stopping()) return;
      await this.erasing.finish(leadId);
    }
  }
}

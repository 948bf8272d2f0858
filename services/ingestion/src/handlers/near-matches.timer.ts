import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { ProposedMergesStore } from '../store/proposed-merges.store.js';
import { Waiting } from '../submissions/waiting.js';

/** A person decides about it, hours later: it may wait, and must never hold up what comes in. */
const LOOK_EVERY_MS = 2_000;
const BATCH = 500;
/** Few addresses are written wrongly; whose right one comes later comes soon. */
const LOOK_AGAIN_EVERY = 30;
const ADDRESSES_AGAIN = 5_000;

/** Leads that came in → proposals of leads that may be one person */
@Injectable()
export class NearMatchesTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('near-matches');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.#compare(stopping),
    onFailure: (error) => {
      if (!isTransient(error)) this.#log.error({ event: 'near-matches.failed', error: error as Error });
    },
  });
  #looks = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly proposals: ProposedMergesStore,
    private readonly waiting: Waiting,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #compare(stopping: () => boolean): Promise<void> {
    for (let count = BATCH; count === BATCH && !stopping();) {
      await this.waiting.letPass(stopping);
      count = await this.units.run((unit) => this.proposals.compare(unit, BATCH));
    }
    if (this.#looks++ % LOOK_AGAIN_EVERY === 0)
      await this.units.run((unit) => this.proposals.compareAddresses(unit, ADDRESSES_AGAIN));
  }
}

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { CompleteLead } from '../intake/complete-lead.js';
import { leadsCompleted } from '../metrics.js';
import { HeldLeadsStore } from '../store/held-leads.store.js';

/** Holds last hours; a second more is nothing. */
const LOOK_EVERY_MS = 1_000;
/** As many as one transaction takes elsewhere. */
const BATCH = 500;

/** The time that a held lead was given is up → lead.completed, by hold-expired, with what is still missing */
@Injectable()
export class HoldExpiryTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('held-leads');
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopping = false;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly held: HeldLeadsStore,
    private readonly completion: CompleteLead,
  ) {}

  onApplicationBootstrap(): void {
    this.#timer = setTimeout(() => this.#tick(), LOOK_EVERY_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    await this.#running;
  }

  #tick(): void {
    this.#running = this.#expireAll()
      .catch((error: unknown) => {
        // An outage of the database is shown by readiness; whatever else it is, the next second tries again.
        if (!isTransient(error)) this.#log.error({ event: 'hold-expiry.failed', error: error as Error });
      })
      .finally(() => {
        if (!this.#stopping) this.#timer = setTimeout(() => this.#tick(), LOOK_EVERY_MS);
      });
  }

  async #expireAll(): Promise<void> {
    for (let count = BATCH; count === BATCH && !this.#stopping;) {
      count = await this.units.run(async (unit) => {
        const expired = await this.held.lockExpired(unit, BATCH);
        if (expired.length > 0) await this.completion.expire(unit, expired);
        return expired.length;
      });
      if (count === 0) return;
      leadsCompleted.inc({ by: 'hold-expired' }, count);
      this.#log.log({ event: 'hold.expired', leads: count });
    }
  }
}

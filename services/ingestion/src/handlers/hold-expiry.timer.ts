import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { CompleteLead } from '../intake/complete-lead.js';
import { heldLeadsFailed, leadsCompleted } from '../metrics.js';
import { type HeldLead, HeldLeadsStore } from '../store/held-leads.store.js';

/** Holds last hours; a second more is nothing. */
const LOOK_EVERY_MS = 1_000;
/** As many as one transaction takes elsewhere. */
const BATCH = 500;
/** A lead that cannot go on is tried again after a minute, and then after twice as long each time: somebody has to act. */
const FIRST_PAUSE_MS = 60_000;
const LONGEST_PAUSE_MS = 3_600_000;

/** The time that a held lead was given is up → lead.completed, by hold-expired, with what is still missing */
@Injectable()
export class HoldExpiryTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('held-leads');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.#expireAll(stopping),
    onFailure: (error) => {
      // An outage of the database is shown by readiness; whatever else it is, the next second tries again.
      if (!isTransient(error)) this.#log.error({ event: 'hold-expiry.failed', error: error as Error });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly held: HeldLeadsStore,
    private readonly completion: CompleteLead,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #expireAll(stopping: () => boolean): Promise<void> {
    for (let count = BATCH; count === BATCH && !stopping();) {
      count = await this.#expire(stopping);
    }
  }

  /** @returns how many were taken, the oldest first */
  async #expire(stopping: () => boolean): Promise<number> {
    let taken: readonly HeldLead[] = [];
    try {
      await this.units.run(async (unit) => {
        taken = await this.held.lockExpired(unit, BATCH);
        if (taken.length === 0) return;
        await this.completion.expire(unit, taken);
        unit.afterCommit(() => this.#note(taken.length));
      });
    } catch (error) {
      if (isTransient(error) || taken.length === 0) throw error;
      // One of them cannot go on, by a fault of ours; the others must not wait for it.
      for (const held of taken) if (!stopping()) await this.#expireAlone(held);
    }
    return taken.length;
  }

  async #expireAlone(before: HeldLead): Promise<void> {
    const lead = before.leadId;
    try {
      await this.units.run(async (unit) => {
        const [held] = await this.held.lock(unit, [lead]);
        // Meanwhile it has gone on, or was put off, by another process.
        if (!held || held.until > unit.now) return;
        const isWhole = await this.completion.expireAlone(unit, held);
        unit.afterCommit(() => {
          this.#note(1);
          if (isWhole) return;
          heldLeadsFailed.inc();
          this.#log.error({ event: 'hold.expired-without-contact', lead });
        });
      });
    } catch (error) {
      if (isTransient(error)) throw error;
      const pauseMs = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** before.failures);
      await this.units.run((unit) => this.held.putOff(unit, before, unit.now + pauseMs));
      heldLeadsFailed.inc();
      // Told once; the later tries are in the metric.
      if (before.failures === 0) this.#log.error({ event: 'hold.put-off', lead, error: error as Error });
    }
  }

  #note(leads: number): void {
    leadsCompleted.inc({ by: 'hold-expired' }, leads);
    this.#log.log({ event: 'hold.expired', leads });
  }
}

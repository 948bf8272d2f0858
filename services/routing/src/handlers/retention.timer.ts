import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { classOf, Clock, UnitsOfWork } from '@fairlead/messaging';
import { ROUTING_SETTINGS, type RoutingSettings } from '../config.js';
import { DecisionsStore } from '../store/decisions.store.js';

/** What is kept an hour longer harms nobody; and so often there is little to do each time. */
const LOOK_EVERY_MS = 3_600_000;
/** Few enough that nobody waits for their locks. */
const PIECE = 1_000;

/** The clock → decisions that nobody can ask for any more are forgotten. The log keeps what was said of each. */
@Injectable()
export class RetentionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('routing/decisions');
  private readonly clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.forget(stopping),
    onFailure: (error) =>
      this.logger.warn(`could not forget old decisions (${classOf(error)}), trying again in a while`),
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly decisions: DecisionsStore,
    @Inject(ROUTING_SETTINGS) private readonly settings: RoutingSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.clock.stop();
  }

  /** Pool by pool, the oldest first. */
  async forget(stopping: () => boolean, now = Date.now()): Promise<void> {
    const before = now - this.settings.decisionsRetentionMs;
    for (const pool of await this.decisions.pools(this.units.query))
      for (let after: string | undefined = '-1'; after !== undefined && !stopping();)
        after = await this.decisions.forget(this.units.query, { pool, after, before, limit: PIECE });
  }
}

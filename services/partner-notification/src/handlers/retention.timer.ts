import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { classOf, Clock, UnitsOfWork } from '@fairlead/messaging';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { DeliveriesStore } from '../store/deliveries.store.js';
import { PartyEventsStore } from '../store/party-events.store.js';
import { ReplaysStore } from '../store/replays.store.js';

/** What is kept an hour longer harms nobody; and so often there is little to do each time. */
const LOOK_EVERY_MS = 3_600_000;
/** Few enough that nobody waits for their locks. */
const PIECE = 1_000;

/** The clock → deliveries that are settled and old enough are forgotten, with their attempts, and what was there to be read. */
@Injectable()
export class RetentionTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('webhooks');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.forget(stopping),
    onFailure: (error) => this.#log.warn({ event: 'webhooks.not-forgotten', errorClass: classOf(error) }),
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly deliveries: DeliveriesStore,
    private readonly replays: ReplaysStore,
    private readonly events: PartyEventsStore,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  /** The oldest first, those that still wait left where they are. */
  async forget(stopping: () => boolean): Promise<void> {
    for (let after: string | undefined = '0'; after !== undefined && !stopping();)
      after = await this.deliveries.forget(this.units.query, {
        after,
        keptMs: this.settings.retentionMs,
        limit: PIECE,
      });
    while (!stopping() && (await this.events.forget(this.units.query, this.settings.retentionMs, PIECE)) === PIECE);
    await this.replays.forget(this.units.query, this.settings.retentionMs);
  }
}

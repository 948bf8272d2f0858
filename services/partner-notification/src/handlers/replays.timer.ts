import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import { classOf, Clock, UnitsOfWork } from '@fairlead/messaging';
import { Dispatcher } from '../delivery/dispatcher.js';
import { ReplaysStore } from '../store/replays.store.js';
import { ResendsStore } from '../store/resends.store.js';

/** Between one look and the next, an endpoint sends about what a replay may put before it. */
const LOOK_EVERY_MS = 250;
/** One statement's worth, in milliseconds: nothing else of the endpoint waits for it. */
const PIECE = 500;

/** The clock → what is to be replayed waits for its endpoint again, piece by piece, so that what happens meanwhile gets through. */
@Injectable()
export class ReplaysTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('webhooks');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.goOn(stopping),
    onFailure: (error, isFirst) => {
      if (isFirst) this.#log.warn({ event: 'webhooks.not-replayed', errorClass: classOf(error) });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly replays: ReplaysStore,
    private readonly resends: ResendsStore,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  /** Each in its turn, until all are over or have put enough before their endpoints. */
  async goOn(stopping: () => boolean): Promise<void> {
    if (!(await this.replays.areAnyUnderWay(this.units.query))) return;
    while (!stopping() && (await this.#piece()));
  }

  /** @returns whether there was one to go on with */
  async #piece(): Promise<boolean> {
    return this.units.run(async (unit) => {
      const { query } = unit;
      const turn = await this.replays.take(query);
      if (!turn) return false;
      const limit = Math.min(PIECE, turn.left);
      const chosen = turn.disabled ? [] : await this.replays.next(query, turn.id, limit);
      if (chosen.length > 0)
        await this.resends.resend(
          query,
          // Made from both, so that a piece that is done twice is the same.
          chosen.map(({ sequence, id }) => ({ sequence, newId: derivedId(id, 'replay', turn.id) })),
        );
      const isOver = chosen.length < PIECE || chosen.length === turn.left;
      await this.replays.moveOn(query, turn.id, chosen.at(-1), chosen.length, isOver);
      unit.afterCommit(() => {
        this.dispatcher.wake([turn.endpointKey]);
        if (isOver) this.#log.log({ event: 'webhooks.replayed', replayId: turn.id });
      });
      return true;
    });
  }
}

import { type BeforeApplicationShutdown, Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import { classOf, Clock, type UnitOfWork, UnitsOfWork } from '@fairlead/messaging';
import { type DigestRow, storedDigest } from '../delivery/digest.js';
import { Dispatcher } from '../delivery/dispatcher.js';
import { passes } from '../delivery/endpoint-filter.js';
import { DeliveriesStore } from '../store/deliveries.store.js';
import { DigestsStore, type DueDigest } from '../store/digests.store.js';
import { PartyEventsStore } from '../store/party-events.store.js';

/** Nobody who asks for a digest at seven minds a second. */
const LOOK_EVERY_MS = 1_000;
/** A table that can still be looked through, and an e-mail that every relay takes. What is more comes in another one, at once. */
const MAX_ROWS = 500;
/** Pages of which a filter may leave nothing, before what there is is sent and the rest left for the next look. */
const MAX_PAGES = 20;

/** The clock → what came for a party since its last digest becomes the next one, which is sent as everything is. */
@Injectable()
export class DigestsTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('webhooks');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: (stopping) => this.gather(stopping),
    onFailure: (error, isFirst) => {
      if (isFirst) this.#log.warn({ event: 'webhooks.no-digests', errorClass: classOf(error) });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly digests: DigestsStore,
    private readonly events: PartyEventsStore,
    private readonly deliveries: DeliveriesStore,
    private readonly dispatcher: Dispatcher,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async gather(stopping: () => boolean): Promise<void> {
    if (!(await this.digests.isAnyDue(this.units.query))) return;
    // One that cannot be gathered must not hold up those of others.
    const failed: string[] = [];
    let trouble: Error | undefined;
    for (let goesOn = true; goesOn && !stopping();) {
      let due: DueDigest | undefined;
      try {
        goesOn = await this.units.run(async (unit) => {
          due = await this.digests.take(unit.query, failed);
          if (due) await this.#gather(unit, due);
          return due !== undefined;
        });
      } catch (error) {
        if (!due) throw error;
        failed.push(due.endpointKey);
        trouble ??= error as Error;
      }
    }
    if (trouble) throw trouble;
  }

  /**
   * How far the party has been told and the intention to tell it are committed together: whatever dies, no event is in two digests and
   * none in none.
   */
  async #gather(unit: UnitOfWork, due: DueDigest): Promise<void> {
    const { query } = unit;
    const { endpointKey, party, endpointId } = due;
    const { rows, lookedTo, isOver } = await this.#since(unit, due);
    const [first] = rows;
    if (first) {
      const id = derivedId(first.eventId, 'digest', `${party}/${endpointId}`);
      await this.deliveries.intendDigest(query, endpointKey, { id, event: storedDigest(party, rows, unit.now) });
      unit.afterCommit(() => {
        this.dispatcher.wake([endpointKey]);
        this.#log.log({ event: 'webhooks.digest', party, endpointId, deliveryId: id, rows: rows.length });
      });
    }
    await this.digests.moveOn(query, endpointKey, lookedTo, isOver);
  }

  async #since(unit: UnitOfWork, due: DueDigest): Promise<{ rows: DigestRow[]; lookedTo: string; isOver: boolean }> {
    const { party, filter } = due;
    const rows: DigestRow[] = [];
    let lookedTo = due.toldTo;
    for (let page = 0; page < MAX_PAGES; page++) {
      await this.events.number(unit, party);
      const found = await this.digests.next(unit.query, { ...due, after: lookedTo }, MAX_ROWS);
      for (const { position, leadId, eventId, eventType, ...traits } of found) {
        // Whoever may have had the lead must hear that it was erased, whatever it asks for by now.
        const isWanted = filter === null || eventType === 'lead.erased' || passes(filter, traits);
        if (isWanted && rows.length === MAX_ROWS) return { rows, lookedTo, isOver: false };
        if (isWanted) rows.push({ position, leadId, eventId, eventType });
        lookedTo = position;
      }
      if (found.length === MAX_ROWS) continue;
      // Past what it does not ask for, too, so that nobody looks at that again.
      lookedTo = await this.events.lastNumber(unit, party);
      if ((await this.events.hasUnread(unit.query, [party])).length === 0) return { rows, lookedTo, isOver: true };
    }
    return { rows, lookedTo, isOver: false };
  }
}

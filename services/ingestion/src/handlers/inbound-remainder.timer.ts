import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, Kafka, UnitsOfWork } from '@fairlead/messaging';
import { ErasuresStore } from '../store/erasures.store.js';
import { InboundLeadsReader } from './inbound-leads.reader.js';

/** Soon after the erasure; an idle look costs one index page, and one that finds something two questions to the broker. */
const LOOK_EVERY_MS = 2_000;

/**
 * Erasures → the public entrance keeps no record any more that was there by then. Which of its records are the person's nobody knows:
 * what has been read is deleted, up to where the reader has said to the broker that it is. What has not been read yet is read first.
 * Whoever is in it is then somebody new, as anybody who comes again after an erasure.
 */
@Injectable()
export class InboundRemainderTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('erasure');
  readonly #clock = new Clock({
    everyMs: LOOK_EVERY_MS,
    look: () => this.#clear(),
    onFailure: (error, isFirst) => {
      if (isFirst) this.#log.warn({ event: 'inbound.not-cleared', error: (error as Error).name });
    },
  });
  /** Up to where each partition has to be deleted, for the erasures that were asked for until `since`. */
  #goal: { readonly since: number; readonly ends: ReadonlyMap<number, bigint> } | undefined;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly erasures: ErasuresStore,
    private readonly kafka: Kafka,
    private readonly inbound: InboundLeadsReader,
  ) {}

  onApplicationBootstrap(): void {
    this.#clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.#clock.stop();
  }

  async #clear(): Promise<void> {
    const newest = await this.erasures.newestWithRemainder(this.units.query);
    if (newest === undefined) return;
    const { topic, group } = this.inbound.reader;
    const partitions = await this.kafka.deleteReadRecords(topic, group);
    const goal =
      this.#goal && this.#goal.since >= newest
        ? this.#goal
        : { since: newest, ends: new Map(partitions.map(({ partition, end }) => [partition, end])) };
    this.#goal = goal;
    if (partitions.some(({ partition, read }) => read < (goal.ends.get(partition) ?? 0n))) return;
    const cleared = await this.units.run((unit) => this.erasures.clearedInbound(unit, goal.since));
    if (cleared > 0) this.#log.log({ event: 'inbound.cleared', erasures: cleared });
  }
}

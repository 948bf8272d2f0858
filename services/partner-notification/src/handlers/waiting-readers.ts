import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { PartyEventsStore } from '../store/party-events.store.js';

/** One that has lost its connection is not noticed: the next one that comes takes its place. */
const MAX_OF_ONE_PARTY = 4;
/** Each is a connection and a timer. Who comes when there are so many is answered at once, and asks again. */
const MAX_WAITING = 1_000;
/** For what another process has taken in; what this one has is known here. */
const LOOK_EVERY_MS = 1_000;

interface Waiting {
  readonly party: string;
  readonly end: () => void;
}

/** Readers whose parties have nothing to read yet. */
@Injectable()
export class WaitingReaders implements BeforeApplicationShutdown {
  readonly #waiting = new Set<Waiting>();
  #look: NodeJS.Timeout | undefined;
  #stopping = false;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly events: PartyEventsStore,
  ) {}

  /** They are answered with what there is. */
  beforeApplicationShutdown(): void {
    this.#stopping = true;
    clearTimeout(this.#look);
    for (const { end } of this.#waiting) end();
  }

  /** There may be something to read for these parties. */
  wake(parties: readonly string[]): void {
    if (this.#waiting.size === 0) return;
    const woken = new Set(parties);
    for (const { party, end } of this.#waiting) if (woken.has(party)) end();
  }

  /** To be called before looking whether there is something, so that nothing comes in between. `end` ends it early. */
  wait(party: string, milliseconds: number): { readonly over: Promise<void>; readonly end: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (milliseconds <= 0 || this.#stopping || this.#waiting.size >= MAX_WAITING) resolve();
    else {
      const waiting: Waiting = {
        party,
        end: () => {
          clearTimeout(timer);
          this.#waiting.delete(waiting);
          resolve();
        },
      };
      const timer = setTimeout(waiting.end, milliseconds);
      this.#waiting.add(waiting);
      const own = [...this.#waiting].filter((each) => each.party === party);
      if (own.length > MAX_OF_ONE_PARTY) own[0]?.end();
      this.#lookSoon();
      return { over: promise, end: waiting.end };
    }
    return { over: promise, end: () => undefined };
  }

  #lookSoon(): void {
    this.#look ??= setTimeout(() => void this.#lookForOthers(), LOOK_EVERY_MS);
  }

  async #lookForOthers(): Promise<void> {
    try {
      const parties = [...new Set([...this.#waiting].map(({ party }) => party))];
      if (parties.length > 0) this.wake(await this.events.hasUnread(this.units.query, parties));
    } catch {
      // The database is away: whoever waits is answered when its time is over, and told so.
    }
    this.#look = undefined;
    if (this.#waiting.size > 0 && !this.#stopping) this.#lookSoon();
  }
}

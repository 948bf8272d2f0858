import { BoundedMap } from './bounded-map.js';

interface Count {
  times: number;
  readonly since: number;
}

/**
 * How often something has happened lately, by whatever it is counted by, for limits of this process: a window begins with the first time
 * and ends so long after it.
 */
export class RecentCounts {
  readonly #counts: BoundedMap<string, Count>;

  /**
   * @param limit  times in a window
   * @param maxKeys  counted at once; beyond that the one that began longest ago is forgotten
   */
  constructor(
    private readonly limit: number,
    private readonly windowMs: number,
    maxKeys: number,
    private readonly now: () => number = Date.now,
  ) {
    this.#counts = new BoundedMap(maxKeys);
  }

  /** It has happened once more. */
  note(key: string): void {
    const count = this.#current(key);
    if (count) count.times += 1;
    else this.#counts.set(key, { times: 1, since: this.now() });
  }

  /** In how many milliseconds there is room again; undefined while there is. */
  fullForMs(key: string): number | undefined {
    const count = this.#current(key);
    return count && count.times >= this.limit ? count.since + this.windowMs - this.now() : undefined;
  }

  #current(key: string): Count | undefined {
    const count = this.#counts.get(key);
    return count && count.since + this.windowMs > this.now() ? count : undefined;
  }
}

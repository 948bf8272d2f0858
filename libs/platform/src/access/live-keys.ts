import { hashOf, isOfOurMaking, idOf, sameHash } from './api-key.js';
import type { ApiKeysStore } from './api-keys.store.js';

/** How old the list may be: a key that another process made is known so much later, and it is read once a second at most. */
const LOOK_EVERY_MS = 1_000;

/**
 * The hashes of all valid keys. It tells a right key from any number of wrong ones without asking the database about each, and
 * so lets the limit on wrong keys be a limit on questions, which shuts nobody out who has a key.
 */
export class LiveKeys {
  private hashes: Promise<ReadonlyMap<string, Buffer>> = Promise.resolve(new Map());
  private until = -Infinity;

  constructor(
    private readonly keys: Pick<ApiKeysStore, 'hashes'>,
    private readonly now: () => number,
  ) {}

  /**
   * Whether it is a valid key of our making. Of the operator's own it says nothing: those may be short enough for somebody who
   * could go on guessing.
   */
  async has(key: string): Promise<boolean> {
    if (!isOfOurMaking(key)) return false;
    if (this.now() >= this.until) this.look();
    const hash = (await this.hashes).get(idOf(key));
    return hash !== undefined && sameHash(hash, hashOf(key));
  }

  /** After a key was made in this process, which is then known at once. */
  lookAgain(): void {
    this.until = -Infinity;
  }

  private look(): void {
    this.until = this.now() + LOOK_EVERY_MS;
    const { until } = this;
    this.hashes = this.keys.hashes();
    this.hashes.catch(() => {
      // Whoever waits for it is told; the next one asks again.
      if (this.until === until) this.lookAgain();
    });
  }
}

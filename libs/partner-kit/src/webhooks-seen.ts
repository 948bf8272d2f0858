/** Which webhooks were taken already. Several processes behind one address need a place that they share. */
export interface WebhooksSeen {
  /**
   * In one step, whoever else asks at the same time.
   * @returns `mine`: nobody has taken it or is taking it, and now you are; `busy`: somebody is, which must end by itself some
   *   minutes after whoever it was has died; `taken`: somebody has
   */
  claim(webhookId: string): 'mine' | 'busy' | 'taken' | Promise<'mine' | 'busy' | 'taken'>;
  /** It is taken for good: Fairlead need not send it again. */
  taken(webhookId: string): void | Promise<void>;
  /** It could not be taken: the next attempt is to be tried. */
  release(webhookId: string): void | Promise<void>;
}

/**
 * At 100 bytes each a megabyte. Attempts go on over 75 hours, so it is the last 10,000 webhooks that are told apart, and none
 * from before a restart: whoever must not take one twice keeps their ids with what was made of them.
 */
const DEFAULT_MAX_IDS = 10_000;

/** In this process's memory; of the oldest it forgets. */
export class SeenInMemory implements WebhooksSeen {
  /** In the order of claiming, which is what a Map keeps. */
  readonly #states = new Map<string, 'busy' | 'taken'>();

  constructor(private readonly maxIds = DEFAULT_MAX_IDS) {
    if (!(maxIds >= 1)) throw new RangeError('maxIds must be at least 1');
  }

  claim(webhookId: string): 'mine' | 'busy' | 'taken' {
    const state = this.#states.get(webhookId);
    if (state !== undefined) return state;
    this.#states.set(webhookId, 'busy');
    const [oldest] = this.#states.keys();
    if (this.#states.size > this.maxIds && oldest !== undefined) this.#states.delete(oldest);
    return 'mine';
  }

  taken(webhookId: string): void {
    if (this.#states.has(webhookId)) this.#states.set(webhookId, 'taken');
  }

  release(webhookId: string): void {
    this.#states.delete(webhookId);
  }
}

/** What a clock looks for, and what it says when it cannot. */
export interface Ticking {
  /** From the end of one look to the beginning of the next, in milliseconds. */
  readonly everyMs: number;
  /** Looks what is due, and does it; ends early when `stopping` answers true. Whatever it leaves, the next look finds. */
  readonly look: (stopping: () => boolean) => Promise<void>;
  /** @param isFirst  whether the look before it went well: an outage is worth one line, and not one for each look */
  readonly onFailure?: (error: unknown, isFirst: boolean) => void;
}

/**
 * Looks again and again whether something is due: one look at a time, in this process. What is due stands in a table, so it
 * survives restarts, and looks of several processes find a lock between them.
 */
export class Clock {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private failing = false;

  constructor(private readonly ticking: Ticking) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = this.tick();
    }, this.ticking.everyMs);
  }

  /** Resolves when the look that is under way has ended. There is no other after it. */
  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async tick(): Promise<void> {
    try {
      await this.ticking.look(() => this.stopped);
      this.failing = false;
    } catch (error) {
      this.ticking.onFailure?.(error, !this.failing);
      this.failing = true;
    }
    if (!this.stopped) this.start();
  }
}

/** Work for several others at once: for each of them one piece at a time, so that whoever takes its time holds up nobody else. */
export class SideBySide {
  readonly #running = new Map<string, Promise<void>>();

  /**
   * @param most  pieces of work at once; more are left for the next look, or another process
   * @param onFailure  told what a piece of work threw
   */
  constructor(
    private readonly most: number,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get isFull(): boolean {
    return this.#running.size >= this.most;
  }

  /** Begins it, unless something is under way for the same one. */
  begin(key: string, work: () => Promise<void>): void {
    if (this.#running.has(key)) return;
    const working = work()
      .catch(this.onFailure)
      .finally(() => this.#running.delete(key));
    this.#running.set(key, working);
  }

  /** When all that has been begun has ended. */
  async ended(): Promise<void> {
    await Promise.all(this.#running.values());
  }
}

import type { Query } from '@fairlead/persistence';
import type { LogStore } from '../store/log.store.js';

/** How many are looked at, and at most given up, at a time. */
const PIECE = 1_000;
/**
 * One is signed every second. All of them are kept for as long as a witness may take to sign what it was shown; then one a minute, and
 * after a day one an hour: 9,000 a year, instead of 100,000 a day that whoever exports or verifies the log would have to read.
 */
const STEPS = [
  { olderThanMs: 10 * 60_000, oneA: 'minute' },
  { olderThanMs: 86_400_000, oneA: 'hour' },
] as const;

/** Gives up checkpoints that nobody needs: those beside which another one is kept, and that no witness has signed. */
export class ThinCheckpoints {
  /** By step, up to which size that is done. Begun anew by each leader: what is left is soon looked through. */
  private readonly done: number[] = STEPS.map(() => -1);

  constructor(
    private readonly query: Query,
    private readonly store: LogStore,
  ) {}

  /** @param stopping  asked between pieces */
  async thin(stopping: () => boolean): Promise<void> {
    for (const [step, { olderThanMs, oneA }] of STEPS.entries()) {
      for (let looked = PIECE; looked === PIECE && !stopping();) {
        const after = this.done[step] as number;
        const found = await this.store.spareCheckpoints(this.query, { after, olderThanMs, oneA, limit: PIECE });
        if (found.spare.length > 0) await this.store.forgetCheckpoints(this.query, found.spare);
        // The last one is looked at again, beside the one that follows it.
        if (found.last !== undefined) this.done[step] = found.last - 1;
        looked = found.looked;
      }
    }
  }
}

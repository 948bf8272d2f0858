import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { Problem } from '@fairlead/platform';
import { rowsWaiting } from '../metrics.js';
import { type AcceptedSubmission, PART_ROWS, SubmissionsStore } from '../store/submissions.store.js';
import { Waiting } from '../submissions/waiting.js';
import { LEASE_MS, WorkOff } from '../submissions/work-off.js';
import { setTimeout as sleep } from 'node:timers/promises';

/** Nobody waits for the answer; half a second is soon. */
const LOOK_EVERY_MS = 500;
/** While one is read and prepared, another is stored. More at a time would only keep single leads waiting. */
const AT_ONCE = 2;
/** While somebody sends: some dozen milliseconds of work, with a pause as long, so that nobody waits for more than that. */
const ROWS_BESIDE_SENDERS = 100;
const FORGET_EVERY_MS = 600_000;
const FORGET_BATCH = 1_000;

/** What was accepted → lead.received | lead.merged | lead.held | lead.rejected */
@Injectable()
export class SubmissionsTimer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #log = new Logger('submissions');
  readonly #clocks = [
    ...Array.from(
      { length: AT_ONCE },
      (_, place) => new Clock({ everyMs: LOOK_EVERY_MS, look: (stopping) => this.#workOff(place, stopping) }),
    ),
    new Clock({ everyMs: LOOK_EVERY_MS, look: () => this.#count() }),
    new Clock({ everyMs: FORGET_EVERY_MS, look: (stopping) => this.#forget(stopping) }),
  ];

  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
    private readonly work: WorkOff,
    private readonly waiting: Waiting,
  ) {}

  onApplicationBootstrap(): void {
    for (const clock of this.#clocks) clock.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all(this.#clocks.map((clock) => clock.stop()));
  }

  async #workOff(place: number, stopping: () => boolean): Promise<void> {
    const { query } = this.units;
    while (!stopping()) {
      // Before anything is leased: what nobody is at is nobody's while it waits.
      await this.waiting.letPass(stopping);
      const { isBusy } = this.waiting;
      if (stopping() || (isBusy && place > 0)) return;
      const began = performance.now();
      const oldest = await this.submissions.lease(query, LEASE_MS);
      if (!oldest) return;
      // Single leads are many small submissions: as many as one transaction takes in are one piece of work.
      const rows = isBusy ? ROWS_BESIDE_SENDERS : PART_ROWS;
      const more = oldest.gathered ? await this.submissions.leaseGathered(query, LEASE_MS, rows) : [];
      const goesOn = await this.#work([oldest, ...more], stopping);
      if (!goesOn) return;
      if (isBusy) await sleep(Math.min(performance.now() - began, LEASE_MS));
    }
  }

  /** @returns whether others can be gone on with */
  async #work(leased: readonly AcceptedSubmission[], stopping: () => boolean): Promise<boolean> {
    const [first] = leased as [AcceptedSubmission];
    try {
      if (!(await (first.gathered ? this.work.workOffGathered(leased) : this.work.workOff(first, stopping))))
        return true;
      this.#log.log({
        event: 'submission.taken-in',
        submission: first.id,
        ...(leased.length > 1 && { submissions: leased.length }),
        rows: leased.reduce((sum, { rows }) => sum + rows, 0),
        ms: Date.now() - first.acceptedAt.getTime(),
      });
      return true;
    } catch (error) {
      // Of a database or a broker that is away others tell; it goes on when its lease ends.
      if (isTransient(error) || error instanceof Problem) return false;
      if (leased.length > 1) {
        // One of them cannot be taken in; the others must not wait for it.
        for (const each of leased) if (!(await this.#work([each], stopping))) return false;
        return true;
      }
      this.#log.error({ event: 'submission.put-off', submission: first.id, error: error as Error });
      await this.submissions.putOff(this.units.query, first.id);
      return true;
    }
  }

  async #count(): Promise<void> {
    rowsWaiting.set(await this.submissions.countWaiting(this.units.query));
  }

  async #forget(stopping: () => boolean): Promise<void> {
    while (!stopping() && (await this.submissions.forgetOld(this.units.query, FORGET_BATCH)) === FORGET_BATCH);
  }
}

import { Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { Problem } from '@fairlead/platform';
import { createHash, randomUUID } from 'node:crypto';
import { MAX_ROWS, type RawRow, tooLarge } from '../intake/read-body.js';
import { rowsAccepted } from '../metrics.js';
import { type AcceptedSubmission, SubmissionsStore } from '../store/submissions.store.js';
import { writeRows } from './rows-as-sent.js';

/** What may wait: some forty seconds of work, and 100 MB of the disk. What is accepted beyond that would be answered much too late. */
const MAX_WAITING_ROWS = 200_000;
/** Looked at once a second at most; what this process accepts meanwhile is counted on top. */
const LOOK_EVERY_MS = 1_000;
/** By then a tenth of what may wait has been worked off. */
const RETRY_AFTER_SECONDS = 5;

/** Takes over rows whose sender does not wait until they are taken in: stored for good, encrypted, and worked off in their turn. */
@Injectable()
export class AcceptSubmission {
  #waiting = 0;
  #lookedAt = 0;
  #underWay = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
    private readonly personalData: PersonalData,
  ) {}

  /**
   * Whether what was accepted had better wait a moment: somebody is sending, and waits for the answer. Not when much waits already,
   * or whoever sends without a pause would have it wait for ever.
   */
  get isBusy(): boolean {
    return this.#underWay > 0 && this.#waiting < MAX_WAITING_ROWS / 2;
  }

  /** @throws Problem 429, and nothing of the request was taken */
  async refuseWhenFull(): Promise<void> {
    if (Date.now() - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = Date.now();
      this.#waiting = await this.submissions.countWaiting(this.units.query);
    }
    if (this.#waiting < MAX_WAITING_ROWS) return;
    throw new Problem(429, {
      type: 'too-much-waiting',
      title: 'Too much is waiting',
      detail: `More than ${MAX_WAITING_ROWS} rows were accepted that have not been taken in yet. Nothing of this request was taken.`,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /**
   * Resolves when all rows are on the disk, and this is written down.
   * @param parts  of `PART_ROWS` rows each, but for the last
   * @param about  what a repetition of the request has in common with it, beside the rows
   * @throws Problem 413, 422; and of the request nothing is kept
   */
  async accept(
    parts: AsyncIterable<readonly RawRow[]>,
    given: Pick<AcceptedSubmission, 'caller' | 'idempotencyKey' | 'sourceId' | 'mapping' | 'strict' | 'traceparent'>,
    about: string,
  ): Promise<AcceptedSubmission> {
    const { query } = this.units;
    const id = randomUUID();
    const hash = createHash('sha256').update(about);
    let storing: Promise<void> = Promise.resolve();
    let [rows, part] = [0, 0];
    let isWhole = false;
    this.#underWay += 1;
    try {
      // The next part is read and encrypted while one is stored.
      for await (const each of parts) {
        rows += each.length;
        if (rows > MAX_ROWS) throw tooLarge(`A request may have ${MAX_ROWS} rows.`);
        const body = writeRows(each);
        hash.update(`${body.length}:`).update(body);
        await storing;
        storing = this.submissions.keep(query, id, part++, each.length, body);
        // Its failure is met at the next `await`; until then it must not count as unhandled.
        storing.catch(() => undefined);
      }
      await storing;
      isWhole = true;
      const request = this.personalData.keyedHash('request', hash.digest('base64'));
      const accepted = await this.submissions.accept(query, { ...given, id, request, rows, acceptedAt: new Date() });
      if (accepted.id !== id) await this.submissions.drop(query, id);
      if (!accepted.request.equals(request)) throw keyReused();
      if (accepted.id === id) this.#note(rows);
      return accepted;
    } catch (error) {
      await storing.catch(() => undefined);
      // Whether the last statement was done nobody knows when its answer was lost: then what is not accepted is dropped in an hour.
      if (!isWhole) await this.submissions.drop(query, id).catch(() => undefined);
      throw error;
    } finally {
      this.#underWay -= 1;
    }
  }

  #note(rows: number): void {
    this.#waiting += rows;
    rowsAccepted.inc(rows);
  }
}

function keyReused(): Problem {
  return new Problem(422, {
    type: 'idempotency-key-reused',
    detail: 'This Idempotency-Key was used for another request: use a new one for each.',
  });
}

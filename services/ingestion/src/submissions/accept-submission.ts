import { Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import { createHash, randomUUID } from 'node:crypto';
import { keyReused } from '../intake/intake-problems.js';
import { MAX_ROWS, type RawRow, tooLarge } from '../intake/read-body.js';
import { type AcceptedSubmission, SubmissionsStore } from '../store/submissions.store.js';
import { writeRows } from './rows-as-sent.js';
import { Waiting } from './waiting.js';

/** Takes over rows whose sender does not wait until they are taken in: stored for good, encrypted, and worked off in their turn. */
@Injectable()
export class AcceptSubmission {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
    private readonly personalData: PersonalData,
    private readonly waiting: Waiting,
  ) {}

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
    this.waiting.begin();
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
      const accepted = await this.submissions.accept(query, {
        ...{ ...given, id, request, rows, acceptedAt: new Date() },
        ...{ gathered: false, traceparents: null },
      });
      if (accepted.id !== id) await this.submissions.drop(query, id);
      if (!accepted.request.equals(request)) throw keyReused();
      if (accepted.id === id) this.waiting.accepted(rows);
      return accepted;
    } catch (error) {
      await storing.catch(() => undefined);
      // Whether the last statement was done nobody knows when its answer was lost: then what is not accepted is dropped in an hour.
      if (!isWhole) await this.submissions.drop(query, id).catch(() => undefined);
      throw error;
    } finally {
      this.waiting.end();
    }
  }
}

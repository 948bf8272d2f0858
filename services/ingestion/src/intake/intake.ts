import { Injectable } from '@nestjs/common';
import { crashPoint } from '@fairlead/messaging';
import { isTransient } from '@fairlead/persistence';
import { nameOfPart } from '../store/idempotency-keys.store.js';
import { batchLeads, leadsTaken } from '../metrics.js';
import { intakeFull, keyReused, storeAway } from './intake-problems.js';
import type { RowResult, Submission } from './rows.js';
import { ErasedMeanwhile, type Taken, TakeIn } from './take-in.js';

/** Statements cost little more for 500 leads than for one, and the transaction stays well under a second. */
const MAX_BATCH_LEADS = 500;
/** Two transactions at a time: while one waits for the disk, the other is prepared. More would wait for each other's locks. */
const LANES = 2;
/** The second begins only when this many wait: two small batches cost nearly twice what one of both would. */
const SECOND_LANE_LEADS = 100;
/** What may wait: some two seconds of work. Beyond that an honest refusal is better than an answer that comes too late. */
const MAX_WAITING_LEADS = 10_000;
/** A lost race (a deadlock, a restart of the database) is tried again before it becomes the sender's affair. */
const MAX_ATTEMPTS = 3;
const RETRY_MS = 50;

interface Waiting {
  readonly submission: Submission;
  readonly resolve: (taken: Taken) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: what arrives while a transaction runs is taken in together by the next. One commit to the disk then
 * stands for hundreds of requests, and each is answered only after it.
 */
@Injectable()
export class Intake {
  readonly #waiting: Waiting[] = [];
  #waitingLeads = 0;
  #lanes = 0;
  #room: (() => void)[] = [];

  constructor(private readonly takeIn: TakeIn) {}

  /**
   * Resolves when the rows are committed.
   * @param mayWait  wait for room rather than be refused: for the later parts of a request, whose sender is waiting anyhow
   * @throws Problem 503 when too much is waiting or the database is away, 422 when the key was used for something else
   */
  async submit(submission: Submission, { mayWait = false } = {}): Promise<readonly RowResult[]> {
    while (this.#waitingLeads > 0 && this.#waitingLeads + submission.rows.length > MAX_WAITING_LEADS) {
      if (!mayWait) throw intakeFull();
      await new Promise<void>((resolve) => this.#room.push(resolve));
    }
    this.#waitingLeads += submission.rows.length;
    const taken = await new Promise<Taken>((resolve, reject) => {
      this.#waiting.push({ submission, resolve, reject });
      if (this.#lanes === 0 || (this.#lanes < LANES && this.#waitingLeads >= SECOND_LANE_LEADS)) void this.#work();
    });
    if (taken.outcome === 'other-request') throw keyReused();
    return taken.results;
  }

  async #work(): Promise<void> {
    this.#lanes += 1;
    // One turn of the event loop: requests that have come in together are taken in together.
    await new Promise((resolve) => setImmediate(resolve));
    for (let batch = this.#next(); batch.length > 0; batch = this.#next()) {
      const room = this.#room;
      this.#room = [];
      for (const each of room) each();
      await this.#take(batch);
      if (this.#lanes > 1 && this.#waitingLeads < SECOND_LANE_LEADS) break;
    }
    this.#lanes -= 1;
  }

  /** The oldest, as many as fit; of two with the same Idempotency-Key the second waits for the first one's answer. */
  #next(): Waiting[] {
    const batch: Waiting[] = [];
    const parts = new Set<string>();
    let leads = 0;
    let place = 0;
    for (; place < this.#waiting.length; place += 1) {
      const { submission } = this.#waiting[place] as Waiting;
      const part = submission.keyedPart && nameOfPart(submission.keyedPart);
      const isFull = leads > 0 && leads + submission.rows.length > MAX_BATCH_LEADS;
      if (isFull || (part !== undefined && parts.has(part))) break;
      if (part !== undefined) parts.add(part);
      leads += submission.rows.length;
      batch.push(this.#waiting[place] as Waiting);
    }
    this.#waiting.splice(0, place);
    this.#waitingLeads -= leads;
    return batch;
  }

  async #take(batch: readonly Waiting[]): Promise<void> {
    try {
      const taken = await this.#takeWithRetries(batch.map(({ submission }) => submission));
      crashPoint('intake.stored');
      batch.forEach(({ resolve }, place) => resolve(taken[place] as Taken));
      note(taken);
    } catch (error) {
      if (batch.length > 1 && !isTransient(error)) {
        // One of them cannot be taken in, by a fault of ours; the others must not suffer for it.
        for (const each of batch) await this.#take([each]);
        return;
      }
      const problem = isTransient(error) ? storeAway(error) : error;
      for (const { reject } of batch) reject(problem);
    }
  }

  async #takeWithRetries(submissions: readonly Submission[]): Promise<Taken[]> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.takeIn.take(submissions);
      } catch (error) {
        if (attempt === MAX_ATTEMPTS || !(isTransient(error) || error instanceof ErasedMeanwhile)) throw error;
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS * attempt));
      }
    }
  }
}

function note(taken: readonly Taken[]): void {
  let leads = 0;
  for (const each of taken) {
    if (each.outcome !== 'taken') continue;
    leads += each.results.length;
    for (const { status } of each.results) leadsTaken.inc({ status });
  }
  batchLeads.observe(leads);
}

import { Injectable } from '@nestjs/common';
import { UnitsOfWork } from '@fairlead/messaging';
import { Problem } from '@fairlead/platform';
import { setTimeout as sleep } from 'node:timers/promises';
import { rowsAccepted } from '../metrics.js';
import { SubmissionsStore } from '../store/submissions.store.js';

/** What may wait: some forty seconds of work, and 100 MB of the disk. What is accepted beyond that would be answered much too late. */
const MAX_WAITING_ROWS = 200_000;
/** Looked at once a second at most; what this process accepts meanwhile is counted on top. */
const LOOK_EVERY_MS = 1_000;
/** By then a tenth of what may wait has been worked off. */
const RETRY_AFTER_SECONDS = 5;
/** Single leads that come while a few of them are stored: from so many on it is a burst, of as much as there is time for. */
const BURST_ROWS = 8;
/**
 * A burst is over when nothing of it was stored for so long: longer than its senders need to send the next ones, and than a disk that
 * others write to takes for a commit. What was accepted was else begun with just when requests pile up.
 */
const BURST_PAUSE_MS = 1_000;
/** How often it is looked whether nobody is sending any more. */
const LET_PASS_MS = 20;
/** Most bursts are over by then; whoever sends on and on shares the machine with what was accepted. */
const LET_PASS_AT_MOST_MS = 15_000;

/** How much was accepted that is not taken in yet, and whether this process had better accept more before it takes any in. */
@Injectable()
export class Waiting {
  #rows = 0;
  #lookedAt = 0;
  #underWay = 0;
  #burstUntil = 0;
  /** Since when somebody sends, or when somebody last began to. */
  #busySince = 0;

  constructor(
    private readonly units: UnitsOfWork,
    private readonly submissions: SubmissionsStore,
  ) {}

  /**
   * Whether somebody is sending, and waits for the answer: what was accepted had better be taken in little by little. Not when much waits
   * already, or whoever sends without a pause would have it wait for ever.
   */
  get isBusy(): boolean {
    return this.#isSending && this.#rows < MAX_WAITING_ROWS / 2;
  }

  /** Whether what was accepted had better wait altogether, because somebody has just begun to send. */
  get hasRightOfWay(): boolean {
    return this.isBusy && Date.now() < this.#busySince + LET_PASS_AT_MOST_MS;
  }

  /** Waits for as long as somebody has the right of way. */
  async letPass(stopping: () => boolean): Promise<void> {
    while (this.hasRightOfWay && !stopping()) await sleep(LET_PASS_MS);
  }

  get #isSending(): boolean {
    return this.#underWay > 0 || Date.now() < this.#burstUntil;
  }

  /** @throws Problem 429, and nothing of the request was taken */
  async refuseWhenFull(): Promise<void> {
    if (Date.now() - this.#lookedAt >= LOOK_EVERY_MS) {
      this.#lookedAt = Date.now();
      this.#rows = await this.submissions.countWaiting(this.units.query);
    }
    if (this.#rows < MAX_WAITING_ROWS) return;
    throw new Problem(429, {
      type: 'too-much-waiting',
      title: 'Too much is waiting',
      detail: `More than ${MAX_WAITING_ROWS} rows were accepted that have not been taken in yet. Nothing of this request was taken.`,
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  /** Somebody sends many rows, and is at it until `end`. */
  begin(): void {
    if (!this.#isSending) this.#busySince = Date.now();
    this.#underWay += 1;
  }

  end(): void {
    this.#underWay -= 1;
  }

  /** Rows that are on the disk now. */
  accepted(rows: number): void {
    this.#rows += rows;
    rowsAccepted.inc(rows);
  }

  /** Single leads that are on the disk now, after they came within as long as it took to store those before. */
  gathered(rows: number): void {
    this.accepted(rows);
    if (rows < BURST_ROWS) return;
    if (!this.#isSending) this.#busySince = Date.now();
    this.#burstUntil = Date.now() + BURST_PAUSE_MS;
  }
}

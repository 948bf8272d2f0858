import type { KeyObject } from 'node:crypto';
import type { Address } from '../doors/door.js';
import type { Claim } from '../store/delivery-queue.store.js';

/** An endpoint as a sender needs it: address, secrets and headers opened. */
export interface Endpoint {
  readonly key: string;
  readonly party: string;
  readonly id: string;
  readonly address: Address;
  readonly keys: readonly KeyObject[];
  readonly headers: Readonly<Record<string, string>>;
  /** What its party wants at most; null: what the service allows. */
  readonly concurrency: number | null;
  readonly perSecond: number | null;
  readonly strictOrder: boolean;
  readonly state: 'active' | 'failing' | 'disabled';
  readonly version: string;
  /** performance.now() */
  readonly loadedAt: number;
}

/** A claim that waits in memory for its turn. */
export interface Waiting {
  readonly claim: Claim;
  readonly contact: unknown;
  /** performance.now() before it was claimed. */
  readonly claimedAt: number;
  /** performance.now() after which too little of the lease is left to begin. */
  readonly beginBefore: number;
  /** performance.now() before which it may not begin: its endpoint has a rate. */
  readonly notBefore: number;
}

/** Until an endpoint has shown that it answers, it gets no more of what all share than this. */
const FIRST_LIMIT = 2;
/** So many failures in a row are no accident: it is probed with one request at a time. */
export const FAILING_AFTER = 3;
/** Claims are fetched for about so long ahead: long enough to keep busy while the next ones are fetched. */
const AHEAD_MS = 500;
/** An endpoint that has answered, and from which nothing has come for so long while it was asked, may have begun to hang. */
const SILENT_AFTER_MS = 1_000;
/** Unless it is one that takes its time: so many times as long as it usually takes. */
const SILENT_AFTER_USUAL = 4;
/** One endpoint's share of the memory; at 5 ms and 32 at once, half a second's work would be 3,200. */
const MAX_WINDOW = 1_000;

/**
 * What one sender knows of one endpoint: what it has claimed for it, and how much it dares to send at once. Each endpoint has a lane
 * of its own, so that a slow one holds up nobody but itself.
 */
export class Lane {
  readonly key: string;
  /** What the service allows. */
  readonly #allowed: number;
  #maxLimit: number;
  #endpoint: Endpoint | undefined;
  /** There may be something due in the database. */
  due = false;
  /** performance.now() at which something will be due; undefined: nothing known. */
  dueAt: number | undefined;
  /** performance.now() before which nothing is claimed, whatever is due: it could not be sent. */
  #pausedUntil = 0;
  /** How often its party has changed the endpoint, as far as this sender was told. */
  #changes = 0;
  inFlight = 0;
  /** In a row, the latest included. */
  failures = 0;
  #limit = FIRST_LIMIT;
  /** Its latest answer was a good one: what is sent to it comes back soon. */
  #proven = false;
  #averageMs: number | undefined;
  /** performance.now() of its latest answer, or of what was sent to it when nothing else was under way. */
  #heardAt = 0;
  #waiting: Waiting[] = [];
  #head = 0;

  constructor(key: string, maxLimit: number) {
    this.key = key;
    this.#allowed = maxLimit;
    this.#maxLimit = maxLimit;
  }

  get endpoint(): Endpoint | undefined {
    return this.#endpoint;
  }

  set endpoint(endpoint: Endpoint | undefined) {
    this.#endpoint = endpoint;
    this.#maxLimit = endpoint?.strictOrder ? 1 : Math.min(this.#allowed, endpoint?.concurrency ?? this.#allowed);
    this.#limit = Math.min(this.#limit, this.#maxLimit);
  }

  get proven(): boolean {
    return this.#proven;
  }

  /** Written down by this sender: what the row says by now. */
  knownToBe(state: Endpoint['state']): void {
    if (this.#endpoint) this.#endpoint = { ...this.#endpoint, state };
  }

  /** Something will be due then, unless something is before. */
  lookAt(time: number): void {
    if (time < (this.dueAt ?? Infinity)) this.dueAt = time;
  }

  get pausedUntil(): number {
    return this.#pausedUntil;
  }

  /** Of use to whoever reads the endpoint, or claims something for it: what was read says nothing any more when this has changed since. */
  get changes(): number {
    return this.#changes;
  }

  /**
   * Nothing is claimed for it until then, unless its party has changed it since it was read: then what was read says nothing.
   * @param until performance.now()
   * @returns whether it is paused
   */
  pause(until: number, changesWhenRead: number): boolean {
    if (changesWhenRead !== this.#changes) return false;
    this.#pausedUntil = until;
    return true;
  }

  /** Its party has changed the endpoint: what could not be sent before may be sent now. */
  endPause(): void {
    this.#changes += 1;
    this.#pausedUntil = 0;
  }

  get buffered(): number {
    return this.#waiting.length - this.#head;
  }

  /** Something is under way to it, or claimed for it. */
  get isBusy(): boolean {
    return this.inFlight > 0 || this.buffered > 0;
  }

  /** Now, or in how many milliseconds at the earliest, for all that it knows; undefined: not before something happens. */
  sendsIn(now: number): number | undefined {
    const next = this.#waiting[this.#head];
    if (!next || this.inFlight >= this.#limit) return undefined;
    return Math.max(0, next.notBefore - now);
  }

  /** How many more to claim: none until half of what is kept ahead is used up, so that claims come in batches. */
  get quota(): number {
    const window = this.#window();
    return this.buffered > window / 2 ? 0 : window - this.buffered;
  }

  /** Whether a server that never answered cannot be told from one that has begun to fail. */
  get failing(): boolean {
    return this.failures >= FAILING_AFTER;
  }

  add(waiting: Waiting): void {
    this.#waiting.push(waiting);
  }

  /** Something is sent to it. */
  begun(now: number): void {
    if (this.inFlight === 0) this.#heardAt = now;
    this.inFlight += 1;
  }

  /** What was sent to it is over, one way or the other. */
  over(now: number): void {
    this.inFlight -= 1;
    this.#heardAt = now;
  }

  /**
   * Until it answers again it counts as one that never has: what it holds at once of that which all share would else be held until
   * the deadline.
   */
  listen(now: number): void {
    const silentAfterMs = Math.max(SILENT_AFTER_MS, SILENT_AFTER_USUAL * (this.#averageMs ?? 0));
    if (!this.#proven || this.inFlight === 0 || now - this.#heardAt < silentAfterMs) return;
    this.#proven = false;
    this.#limit = Math.min(FIRST_LIMIT, this.#maxLimit);
  }

  take(): Waiting | undefined {
    const next = this.#waiting[this.#head];
    if (!next) return undefined;
    this.#head += 1;
    if (this.#head === this.#waiting.length || this.#head > MAX_WINDOW) {
      this.#waiting = this.#waiting.slice(this.#head);
      this.#head = 0;
    }
    return next;
  }

  /** Takes everything that waits, to be given back. */
  takeAll(): Waiting[] {
    const all = this.#waiting.slice(this.#head);
    this.#waiting = [];
    this.#head = 0;
    return all;
  }

  succeeded(durationMs: number): void {
    this.failures = 0;
    this.#proven = true;
    this.#limit = Math.min(this.#limit + 1, this.#maxLimit);
    this.#measure(durationMs);
  }

  failed(durationMs: number): void {
    this.failures += 1;
    this.#proven = false;
    this.#limit = this.failing ? 1 : Math.max(1, this.#limit >> 1);
    this.#measure(durationMs);
  }

  /** It is another server now: what is known of the one before says nothing. */
  forget(): void {
    this.failures = 0;
    this.#proven = false;
    this.#limit = Math.min(FIRST_LIMIT, this.#maxLimit);
    this.#averageMs = undefined;
  }

  #measure(durationMs: number): void {
    this.#averageMs = this.#averageMs === undefined ? durationMs : this.#averageMs * 0.9 + durationMs * 0.1;
  }

  #window(): number {
    if (this.failing) return 1;
    const perSlot = AHEAD_MS / Math.max(1, this.#averageMs ?? AHEAD_MS / 2);
    return Math.min(MAX_WINDOW, Math.max(2, Math.ceil(this.#limit * perSlot)));
  }
}

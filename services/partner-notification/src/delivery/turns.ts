import type { Lane, Waiting } from './lane.js';

/** How often it is looked whether an endpoint that is asked has fallen silent; a part of what that takes. */
const LISTEN_EVERY_MS = 250;

/**
 * The part of the room for those that answer that only endpoints with nothing under way can have. Those that answered until now and all
 * begin to hang at one moment, each with a long queue, would else fill everything before anybody can know it, and hold it until the deadline.
 */
const FOR_FIRST_ONES = 1 / 8;

/**
 * Who sends next. Endpoints take turns, each within its own limit, and all of them together within one. Those that may hang, because they
 * have not answered yet or not well, have half of that between them: however many they are, there is room for those that answer. And
 * whoever has nothing under way finds room although others have enough to fill it.
 */
export class Turns {
  /** Could send now, in the order of their turns. */
  readonly #ready = new Set<Lane>();
  /** Could send now, but may hang, and enough of those are under way. */
  readonly #held = new Set<Lane>();
  /** Could send one more than they do, but what is free is for those that do not send at all. */
  readonly #crowded = new Set<Lane>();
  /** May send in a moment: their endpoints have a rate. */
  readonly #paced = new Set<Lane>();
  /** Of each lane that something was sent to: how much of that counts as what may hang. */
  readonly #sending = new Map<Lane, number>();
  readonly #concurrency: number;
  readonly #send: (lane: Lane, waiting: Waiting) => Promise<() => void> | undefined;
  #inFlight = 0;
  #unproven = 0;
  #over = false;
  #listening: NodeJS.Timeout | undefined;
  #drained: (() => void) | undefined;

  /**
   * @param concurrency  of all endpoints together
   * @param send  begins a request; resolves when it is over, to what is to be done then. Undefined: nothing was sent
   */
  constructor(concurrency: number, send: (lane: Lane, waiting: Waiting) => Promise<() => void> | undefined) {
    this.#concurrency = concurrency;
    this.#send = send;
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  get #roomForUnproven(): number {
    return this.#concurrency / 2 - this.#unproven;
  }

  /** For those that have something under way already. */
  get #roomForMore(): number {
    return this.#concurrency - this.#inFlight - Math.floor((this.#concurrency - this.#unproven) * FOR_FIRST_ONES);
  }

  /** It may have something to send. */
  offer(lane: Lane): void {
    if (this.#over) return;
    const inMs = lane.sendsIn(performance.now());
    if (inMs === 0) this.#ready.add(lane);
    else if (inMs !== undefined && !this.#paced.has(lane)) {
      this.#paced.add(lane);
      setTimeout(() => {
        this.#paced.delete(lane);
        this.offer(lane);
        this.take();
      }, Math.ceil(inMs)).unref();
    }
  }

  /** Sends what may be sent now. */
  take(): void {
    // A lane that is added again while this runs is visited again, after the others: that is the whole of the fairness.
    for (const lane of this.#ready) {
      if (this.#inFlight >= this.#concurrency) return;
      this.#ready.delete(lane);
      if (!lane.proven && this.#roomForUnproven <= 0) {
        this.#held.add(lane);
        continue;
      }
      if (lane.inFlight > 0 && this.#roomForMore <= 0) {
        this.#crowded.add(lane);
        continue;
      }
      // It could when it got its turn; its endpoint may have been changed since.
      if (lane.sendsIn(performance.now()) !== 0) {
        this.offer(lane);
        continue;
      }
      const waiting = lane.take();
      if (waiting) this.#begin(lane, waiting);
      this.offer(lane);
    }
  }

  /** Nothing is begun any more. */
  end(): void {
    this.#over = true;
    this.#ready.clear();
    this.#held.clear();
    this.#crowded.clear();
  }

  async answersWithin(milliseconds: number): Promise<void> {
    if (this.#inFlight === 0) return clearInterval(this.#listening);
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve) => {
      this.#drained = resolve;
      timer = setTimeout(resolve, milliseconds);
    });
    clearTimeout(timer);
    clearInterval(this.#listening);
  }

  #begin(lane: Lane, waiting: Waiting): void {
    const sent = this.#send(lane, waiting);
    if (!sent) return;
    lane.begun(performance.now());
    this.#inFlight += 1;
    this.#count(lane);
    this.#listening ??= setInterval(() => this.listen(performance.now()), LISTEN_EVERY_MS).unref();
    void sent.then((settle) => {
      lane.over(performance.now());
      this.#inFlight -= 1;
      if (this.#inFlight === 0) this.#drained?.();
      settle();
      this.#count(lane);
      this.#letIn();
      this.offer(lane);
      this.take();
    });
  }

  /** To be called whenever what is under way to it, or what is known of it, may have changed. */
  #count(lane: Lane): void {
    const [before, now] = [this.#sending.get(lane) ?? 0, lane.proven ? 0 : lane.inFlight];
    this.#unproven += now - before;
    if (lane.inFlight > 0) this.#sending.set(lane, now);
    else this.#sending.delete(lane);
  }

  /** Whether any of those that something was sent to have fallen silent; asked now and then by itself. */
  listen(now: number): void {
    for (const lane of this.#sending.keys()) {
      lane.listen(now);
      this.#count(lane);
    }
    if (this.#inFlight > 0) return;
    clearInterval(this.#listening);
    this.#listening = undefined;
  }

  /** As many of those that are held back as there is room for again, the one that has waited longest first. */
  #letIn(): void {
    this.#letInSome(this.#held, this.#roomForUnproven);
    this.#letInSome(this.#crowded, this.#roomForMore);
  }

  #letInSome(waiting: Set<Lane>, room: number): void {
    for (const lane of waiting) {
      if (room <= 0) return;
      room -= 1;
      waiting.delete(lane);
      this.offer(lane);
    }
  }
}

import type { Candidate, Candidates, Caps } from './roster.js';

/** How much of its caps a partner uses. Caps hold over all pools together, so this is kept once per partner. */
export interface Load {
  /** Offers that wait for an answer, and leads in work. */
  readonly open: number;
  /** Offers on `day`. */
  readonly today: number;
  /** UTC days since the epoch. */
  readonly day: number;
}

const DAY_MS = 86_400_000;

export function dayOf(now: number): number {
  return Math.floor(now / DAY_MS);
}

interface Openings {
  /** Below their caps, ascending by id. The list itself never changes: who remembers something of it may rely on that. */
  readonly open: readonly Candidate[];
  /** At a cap, ascending by id; as above. */
  readonly full: readonly Candidate[];
}

/**
 * The loads of all partners. For every group of candidates that was asked for, it keeps apart who has room and who has
 * not, so that a decision does not pay for those who are full.
 */
export class Loads {
  private readonly loads: Map<string, Load>;
  private readonly watched = new Map<Candidates, Openings>();
  private watchedDay = -1;

  constructor(loads: Iterable<readonly [party: string, load: Load]> = []) {
    this.loads = new Map(loads);
  }

  of(party: string): Load {
    return this.loads.get(party) ?? { open: 0, today: 0, day: 0 };
  }

  /** Of every partner that had or has a load. */
  [Symbol.iterator](): Iterator<[party: string, load: Load]> {
    return this.loads[Symbol.iterator]();
  }

  /** Which candidates have room at that moment, and which are at a cap. */
  openings(candidates: Candidates, now: number): Openings {
    const day = dayOf(now);
    if (day !== this.watchedDay) {
      this.watched.clear();
      this.watchedDay = day;
    }
    let openings = this.watched.get(candidates);
    if (!openings) {
      const open: Candidate[] = [];
      const full: Candidate[] = [];
      for (const candidate of candidates.able) {
        (isFull(this.of(candidate.id), candidate.caps, day) ? full : open).push(candidate);
      }
      openings = { open, full };
      this.watched.set(candidates, openings);
    }
    return openings;
  }

  /** The party was offered a lead. */
  take(party: string, caps: Caps, now: number): void {
    const day = dayOf(now);
    const load = this.of(party);
    const today = load.day === day ? load.today + 1 : 1;
    this.change(party, caps, load, { open: load.open + 1, today, day });
  }

  /** An offer was declined or ran out, or a lead is no longer in work: its place is free, its day's offer is not. */
  free(party: string, caps: Caps): void {
    const load = this.of(party);
    this.change(party, caps, load, { ...load, open: Math.max(0, load.open - 1) });
  }

  private change(party: string, caps: Caps, before: Load, after: Load): void {
    const wasFull = isFull(before, caps, this.watchedDay);
    this.loads.set(party, after);
    if (isFull(after, caps, this.watchedDay) !== wasFull) this.move(party, !wasFull);
  }

  /** Puts the party among the full, or among those with room, in every group that has it. */
  private move(party: string, full: boolean): void {
    for (const [candidates, { open, full: atCap }] of this.watched) {
      const [from, to] = full ? [open, atCap] : [atCap, open];
      const at = position(from, party);
      const candidate = from[at];
      if (candidate?.id !== party) continue;
      const less = from.toSpliced(at, 1);
      const more = to.toSpliced(position(to, party), 0, candidate);
      this.watched.set(candidates, full ? { open: less, full: more } : { open: more, full: less });
    }
  }
}

function isFull(load: Load, caps: Caps, day: number): boolean {
  return load.open >= caps.open || (load.day === day ? load.today : 0) >= caps.perDay;
}

/** Where the party is in the list, or would be. */
function position(sorted: readonly Candidate[], party: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (sorted[middle]!.id < party) low = middle + 1;
    else high = middle;
  }
  return low;
}

import { type Allocation, backForRefusing, type Credits, giveBack, LEAD, Ledger, settle } from './allocate.js';
import { DIRECT } from './party.js';
import type { Quality } from './policy.js';
import { Loads } from './loads.js';
import type { Candidate, Caps, Roster } from './roster.js';

/** The two levels of a promise: direct or channel first, then which partner. Each keeps credits of its own. */
export type Level = 'side' | 'partner';
export type Side = 'direct' | 'channel';

/**
 * What a pool remembers between decisions: the fold of all its decisions and of what became of its offers. It changes
 * only through the functions of this file, in the order of `poolSeq`.
 */
export interface PoolState {
  /** Of the last decision; the next one takes the next number, so that none can be missing unnoticed. */
  poolSeq: number;
  /** By `creditKey`. */
  readonly credits: Map<string, Credits>;
  /** By `reservedKey`: how many leads there were since the list was first used here, and how many it took. */
  readonly reserved: Map<string, { readonly taken: number; readonly of: number }>;
}

/**
 * The one order of what happens to the state, over all pools: whoever reads decisions and answers elsewhere, where they have no
 * common order, can fold them again as they were folded here.
 */
export interface DecisionOrder {
  /** Of the last decision, whatever its pool; the next one takes the next number. */
  step: number;
  /** Ids of the events since then that changed the state and led to no decision, in the order in which they did. */
  noted: string[];
}

/** All pools, and the loads that they share: a partner's caps hold over all pools together. */
export interface RoutingState {
  readonly pools: Map<string, PoolState>;
  readonly loads: Loads;
  readonly order: DecisionOrder;
}

export function newRoutingState(more: Partial<RoutingState> = {}): RoutingState {
  return { pools: new Map(), loads: new Loads(), order: { step: 0, noted: [] }, ...more };
}

/** How a decision moves credits at one level: first the party gives its place up, then the lead is shared out. */
export type CreditMove =
  | {
      readonly level: 'side';
      readonly back?: { readonly to: string; readonly amount: number };
      readonly allocation?: Allocation;
    }
  | { readonly level: 'partner'; readonly back?: undefined; readonly allocation: Allocation<Candidate> };

/** What a decision changes, whatever it decided. */
export interface StateChange {
  readonly pool: string;
  readonly poolSeq: number;
  readonly step: number;
  readonly quality: Quality;
  readonly moves: readonly CreditMove[];
  /** Set on a lead's first decision, where the pool reserves accounts. */
  readonly reserved?: { readonly list: string; readonly taken: boolean };
  /** Who got the offer. */
  readonly to?: string;
  readonly now: number;
}

/** An offer that was made, as far as the state depends on it. */
export interface MadeOffer {
  readonly pool: string;
  readonly quality: Quality;
  readonly party: string;
  /** Which side paid for the lead; null: it was given outside the promise. */
  readonly paidBy: Side | null;
}

export function creditKey(quality: Quality, level: Level): string {
  return `${quality}/${level}`;
}

export function reservedKey(list: string, quality: Quality): string {
  return `${list}/${quality}`;
}

const newPool: PoolState = { poolSeq: 0, credits: new Map(), reserved: new Map() };
const noCredits: Pick<Credits, 'get'> = new Map<string, number>();

/** For reading: a pool that has decided nothing yet is at 0. */
export function poolIn(state: RoutingState, pool: string): Readonly<PoolState> {
  return state.pools.get(pool) ?? newPool;
}

/** For reading: who has no credit yet is owed nothing. */
export function creditsIn(pool: Readonly<PoolState>, quality: Quality, level: Level): Pick<Credits, 'get'> {
  return pool.credits.get(creditKey(quality, level)) ?? noCredits;
}

function changing(state: RoutingState, pool: string): PoolState {
  let found = state.pools.get(pool);
  if (!found)
    state.pools.set(pool, (found = { poolSeq: 0, credits: new Map(), reserved: new Map() } satisfies PoolState));
  return found;
}

function changingCredits(pool: PoolState, quality: Quality, level: Level): Credits {
  const key = creditKey(quality, level);
  let credits = pool.credits.get(key);
  // Whoever read them from somewhere may have put them into a Map.
  if (!(credits instanceof Ledger)) pool.credits.set(key, (credits = new Ledger(credits)));
  return credits;
}

/** Folds a decision into the state. */
export function applyDecision(state: RoutingState, change: StateChange, roster: Roster): void {
  const pool = changing(state, change.pool);
  if (change.poolSeq !== pool.poolSeq + 1) {
    throw new RangeError(`pool ${change.pool} is at ${pool.poolSeq}: decision ${change.poolSeq} does not follow`);
  }
  if (change.step !== state.order.step + 1) {
    throw new RangeError(`all pools are at ${state.order.step}: decision ${change.step} does not follow`);
  }
  pool.poolSeq = change.poolSeq;
  state.order.step = change.step;
  state.order.noted = [];
  let caps: Caps | undefined;
  for (const { level, back, allocation } of change.moves) {
    const credits = changingCredits(pool, change.quality, level);
    if (back) giveBack(credits, back.to, back.amount);
    if (allocation) settle(credits, allocation);
    if (level === 'partner') caps = allocation.eligible[allocation.winner]?.caps;
  }
  if (change.reserved) {
    const key = reservedKey(change.reserved.list, change.quality);
    const { taken, of } = pool.reserved.get(key) ?? { taken: 0, of: 0 };
    pool.reserved.set(key, { taken: taken + (change.reserved.taken ? 1 : 0), of: of + 1 });
  }
  if (change.to !== undefined && change.to !== DIRECT) {
    state.loads.take(change.to, caps ?? capsOf(roster, change.to), change.now);
  }
}

/**
 * Folds it in that the party refused its offer: declined it or let it run out. The partner's place is free and it gets
 * back what `backForRefusing` says; its side's credit waits for the decision that follows, which may well stay there.
 */
export function refuseOffer(state: RoutingState, offer: MadeOffer, roster: Roster): void {
  freePlace(state, offer, roster);
  if (offer.paidBy !== 'channel' || offer.party === DIRECT) return;
  const credits = changingCredits(changing(state, offer.pool), offer.quality, 'partner');
  giveBack(credits, offer.party, backForRefusing(credits, offer.party));
}

/** Folds it in that the party returned the lead after it had taken it on: as a refusal, but no decision follows. */
export function returnLead(state: RoutingState, offer: MadeOffer, roster: Roster): void {
  refuseOffer(state, offer, roster);
  if (!offer.paidBy) return;
  const credits = changingCredits(changing(state, offer.pool), offer.quality, 'side');
  giveBack(credits, offer.paidBy, backForRefusing(credits, offer.paidBy));
}

/**
 * Folds it in that a person took the lead away from the party. It refused nothing, so at both levels it gets back all
 * that it paid, and is owed the lead again.
 */
export function withdrawOffer(state: RoutingState, offer: MadeOffer, roster: Roster): void {
  freePlace(state, offer, roster);
  withdrawCredit(state, offer);
}

/** As `withdrawOffer`, of an offer that took no place. */
export function withdrawCredit(state: RoutingState, offer: MadeOffer): void {
  if (!offer.paidBy) return;
  const pool = changing(state, offer.pool);
  giveBack(changingCredits(pool, offer.quality, 'side'), offer.paidBy, LEAD);
  if (offer.paidBy === 'channel') giveBack(changingCredits(pool, offer.quality, 'partner'), offer.party, LEAD);
}

/** Folds it in that the lead is no longer in work, for good or ill: only the place is free. */
export function freePlace(state: RoutingState, { party }: MadeOffer, roster: Roster): void {
  if (party !== DIRECT) state.loads.free(party, capsOf(roster, party));
}

/** Notes that this event was folded in and leads to no decision; the next decision tells it. */
export function note({ order }: RoutingState, eventId: string): void {
  order.noted.push(eventId);
}

/** Takes a number as a decision does, for telling what was noted when it becomes too much for one decision. */
export function tellNoted({ order }: RoutingState): { readonly step: number; readonly noted: readonly string[] } {
  const { noted } = order;
  order.step += 1;
  order.noted = [];
  return { step: order.step, noted };
}

function capsOf(roster: Roster, party: string) {
  return roster.get(party)?.caps ?? { perDay: Infinity, open: Infinity };
}

export interface CreditEntry {
  readonly pool: string;
  readonly grade: Quality;
  readonly level: Level;
  readonly party: string;
  /** In units of a lead. */
  readonly credit: number;
}

/** Every credit there is, for keeping. */
export function creditEntries({ pools }: RoutingState): CreditEntry[] {
  return [...pools].flatMap(([pool, { credits }]) =>
    [...credits].flatMap(([key, parties]) => {
      const [grade, level] = key.split('/') as [Quality, Level];
      return [...parties].map(([party, credit]) => ({ pool, grade, level, party, credit }));
    }),
  );
}

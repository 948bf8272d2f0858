import { clockSkewMs } from '@fairlead/decisions';
import type { PoolTimes } from './store/pools.store.js';

/**
 * The time of every decision of one unit of work. Clocks of two machines differ, and the times of decisions must not go
 * back, so it is not before the last decision of any pool. But no more than clocks differ (`clockSkewMs`): a time further
 * ahead was read from a wrong clock, and to follow it would stop time for everybody, deadlines and the caps of a day with
 * it, until the real time has caught up. To go back once, and say so, is the smaller harm; decisions keep their order by
 * their numbers.
 *
 * Which of two clocks is wrong a third must tell: when the database's is as far ahead, it is this one that runs behind.
 * @param now  milliseconds since the epoch, by this machine's clock
 * @returns `wrong`: the latest recorded time that is not believed
 */
export function decisionTime(
  now: number,
  { databaseNow, decidedAt }: PoolTimes,
): { readonly now: number; readonly wrong: number | undefined } {
  const latestPossible = Math.max(now, databaseNow) + clockSkewMs;
  const believed = decidedAt.filter((at) => at <= latestPossible);
  const wrong = believed.length < decidedAt.length ? Math.max(...decidedAt) : undefined;
  return { now: Math.max(now, ...believed), wrong };
}

import { monthOf, type TimedCell, type TimedStep, timedSteps } from '@fairlead/decisions/fold';
import { BLOCK, placeOf } from './time-blocks.js';

/** How many leads there are of a cell, or how many more or fewer. */
export interface TimedCount extends TimedCell {
  readonly leads: number;
}

/** Of a month's offers, how many came to a step in each time of a block. */
export interface TimedMonth extends Pick<TimedCell, 'step' | 'pool' | 'party'> {
  readonly month: number;
  readonly block: number;
  readonly leads: readonly number[];
}

/** Of a day's offers, how many came to each step. */
export interface TimedDay extends Pick<TimedCell, 'day' | 'pool' | 'party'> {
  readonly leads: Readonly<Record<TimedStep, number>>;
}

const DAY_MS = 86_400_000;

/** The same counts by month and block; every offer was made, so that is not timed. */
export function timesByMonth(counts: Iterable<TimedCount>): TimedMonth[] {
  const sums = new Map<string, TimedMonth & { readonly leads: number[] }>();
  // Thousands of counts are of one day.
  const months = new Map<number, number>();
  for (const { step, day, pool, party, hours, leads } of counts) {
    if (step === 'offer') continue;
    const month = months.get(day) ?? monthOf(day * DAY_MS);
    months.set(day, month);
    const { block, at } = placeOf(hours);
    const key = `${step}\n${month}\n${pool}\n${party}\n${block}`;
    const known = sums.get(key);
    const sum = known ?? { step, month, pool, party, block, leads: Array<number>(BLOCK).fill(0) };
    if (!known) sums.set(key, sum);
    (sum.leads[at] as number) += leads;
  }
  return [...sums.values()];
}

/** The same counts by day, whatever the time was. */
export function timesByDay(counts: Iterable<TimedCount>): TimedDay[] {
  const none = (): Record<TimedStep, number> =>
    Object.fromEntries(timedSteps.map((step) => [step, 0])) as Record<TimedStep, number>;
  const sums = new Map<string, TimedDay & { readonly leads: Record<TimedStep, number> }>();
  for (const { step, day, pool, party, leads } of counts) {
    const key = `${day}\n${pool}\n${party}`;
    const known = sums.get(key);
    const sum = known ?? { day, pool, party, leads: none() };
    if (!known) sums.set(key, sum);
    sum.leads[step] += leads;
  }
  return [...sums.values()];
}

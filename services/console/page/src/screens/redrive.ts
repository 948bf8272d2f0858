import { count } from '../words/numbers.js';

/** What giving one event to its service again came to, as the API tells it. */
interface Redriven {
  readonly redriven: number;
  readonly errorClass?: string;
}

export interface RedriveOutcome {
  readonly redriven: number;
  readonly failed: number;
  readonly errorClasses: ReadonlySet<string>;
  /** What the server refused the rest with, and how many of those that were asked for that is. */
  readonly stopped?: { readonly because: Error; readonly left: number };
}

/** Why, as the API takes it: whoever breaks the line in the field means no more by it than a space. */
export function oneLine(reason: string): string {
  return reason.replace(/\p{Cc}+/gu, ' ').trim();
}

export function isReason(reason: string): boolean {
  const { length } = [...reason];
  return length >= 3 && length <= 500;
}

/**
 * One after the other: they are meant to be few, and the service has its other work. Stops where the server refuses; what was
 * done until then is done, and is told.
 * @param redrive  answers undefined of what is parked no more: somebody else was quicker
 * @throws what the first was refused with, when nothing came of any
 */
export async function redriveAll(
  events: readonly { readonly id: string }[],
  redrive: (id: string) => Promise<Redriven | undefined>,
): Promise<RedriveOutcome> {
  let redriven = 0;
  let failed = 0;
  const errorClasses = new Set<string>();
  for (const [index, { id }] of events.entries()) {
    try {
      const outcome = await redrive(id);
      redriven += outcome?.redriven ?? 0;
      if (outcome?.errorClass === undefined) continue;
      failed += 1;
      errorClasses.add(outcome.errorClass);
    } catch (because) {
      if (redriven + failed === 0) throw because;
      return { redriven, failed, errorClasses, stopped: { because: because as Error, left: events.length - index } };
    }
  }
  return { redriven, failed, errorClasses };
}

export function redrivenInWords({ redriven, failed, errorClasses, stopped }: RedriveOutcome): string {
  return [
    `${count(redriven)} ${redriven === 1 ? 'event was' : 'events were'} processed.`,
    ...(failed === 0
      ? []
      : [`${count(failed)} failed again, with ${[...errorClasses].join(', ')}: the cause is still there.`]),
    ...(stopped === undefined
      ? []
      : [
          `Then it stopped (${stopped.because.message}): ${count(stopped.left)} of those asked for may still be parked.`,
        ]),
  ].join(' ');
}

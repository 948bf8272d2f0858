import type { Schemas } from '../api/schemas.js';

export type Parked = Schemas['ParkedEventView'];

/** What failed for the same cause: the events that did, and how many wait behind each, by its id. */
export interface ParkedGroup {
  readonly service: string;
  readonly type: string;
  readonly errorClass: string;
  readonly culprits: readonly Parked[];
  readonly waiting: ReadonlyMap<string, number>;
}

/** By service, type of event and kind of error; the largest group first. */
export function groupsOf(parked: readonly Parked[]): ParkedGroup[] {
  const culprits = parked.filter(({ behind }) => behind === null);
  const waiting = new Map<string, number>();
  for (const { service, behind } of parked) {
    if (behind === null) continue;
    // Within a service an event is known by its number alone.
    const culprit = `${service}.${behind}`;
    waiting.set(culprit, (waiting.get(culprit) ?? 0) + 1);
  }
  const causes = new Map<string, ParkedGroup & { readonly culprits: Parked[] }>();
  for (const culprit of culprits) {
    const { service, type, errorClass } = culprit;
    const cause = JSON.stringify([service, type, errorClass]);
    const group = causes.get(cause);
    if (group) group.culprits.push(culprit);
    else causes.set(cause, { service, type, errorClass, culprits: [culprit], waiting });
  }
  return [...causes.values()].toSorted((one, other) => other.culprits.length - one.culprits.length);
}

export function waitingBehind({ culprits, waiting }: ParkedGroup): number {
  return culprits.reduce((sum, { id }) => sum + (waiting.get(id) ?? 0), 0);
}

import { FAILING_AFTER } from './lane.js';
import { MAX_ATTEMPTS } from './retry-schedule.js';

/** How long an endpoint that has begun to fail is left alone at first; doubled with each probe that fails. */
export const FIRST_PROBE_MS = 5_000;
/** A server that is back is found within five minutes, and one that stays away costs 300 requests a day. */
export const MAX_PROBE_MS = 300_000;
/**
 * After an outage of so long, what waits for its next attempt is tried at once. After a shorter one it keeps to its schedule: an endpoint
 * that takes some webhooks and never others would else run through the attempts of those in minutes.
 */
export const OUTAGE_MS = 600_000;
/** An endpoint that nobody sends much to must not be disabled for what came of a few: as many failures as one delivery may have. */
export const PROBES_BEFORE_DISABLING = MAX_ATTEMPTS - FAILING_AFTER;

/** What one attempt has shown of its endpoint. */
export interface Shown {
  readonly failure: string | undefined;
  readonly gone: boolean;
  /** It was the one that is sent to an endpoint that fails, to see whether it still does. */
  readonly probe: boolean;
}

/** What follows for an endpoint. */
export type Finding =
  | { readonly is: 'gone' }
  | { readonly is: 'as-before' }
  | { readonly is: 'working-again' }
  | { readonly is: 'failing' | 'still-failing'; readonly failure: string };

/**
 * @param known the state in which the endpoint was when these were sent
 * @param shown by the attempts that are recorded together, in the order of their answers
 * @param inARow whether so many have failed in a row by now that it is no accident
 */
export function findingOf(known: 'active' | 'failing' | 'disabled', shown: readonly Shown[], inARow: boolean): Finding {
  if (shown.some(({ gone }) => gone)) return { is: 'gone' };
  const last = shown.at(-1);
  if (!last) return { is: 'as-before' };
  if (last.failure === undefined)
    return known === 'failing' || shown.some(({ probe }) => probe) ? { is: 'working-again' } : { is: 'as-before' };
  if (shown.some(({ probe }) => probe)) return { is: 'still-failing', failure: last.failure };
  return inARow && known === 'active' ? { is: 'failing', failure: last.failure } : { is: 'as-before' };
}

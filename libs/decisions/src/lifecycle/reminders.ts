import type { FollowUpRule } from '../route/policy.js';
import type { Offer } from './standing.js';

/** When a pool's parties are reminded. */
export interface ReminderRules {
  /** How much of the time to answer is left then; undefined: nobody is reminded of an offer. */
  readonly remindWithMsLeft?: number | undefined;
  /** Undefined: nobody is reminded of a lead that they have accepted. */
  readonly followUp?: FollowUpRule | undefined;
}

export type Reminder = 'offer-ends' | 'no-word';

/** Of what the party with this offer would be reminded; undefined: it has answered, and is through with the lead. */
export function reminderOf({ stage }: Offer): Reminder | undefined {
  switch (stage) {
    case 'offered':
      return 'offer-ends';
    case 'accepted':
    case 'contacted':
    case 'qualified':
      return 'no-word';
    default:
      return undefined;
  }
}

/**
 * When the party is to be reminded for the first time; undefined: not at all.
 * @param spokeAt  when it last said something of the lead, in milliseconds since the epoch; of an offer that waits, not looked at
 */
export function firstReminder(
  offer: Offer,
  { remindWithMsLeft, followUp }: ReminderRules,
  spokeAt: number,
): number | undefined {
  switch (reminderOf(offer)) {
    case 'offer-ends':
      // A person may give somebody a lead that has less time than that.
      if (remindWithMsLeft === undefined || offer.acceptBy - remindWithMsLeft <= offer.offeredAt) return undefined;
      return offer.acceptBy - remindWithMsLeft;
    case 'no-word':
      return followUp && spokeAt + followUp.remindAfterMs;
    default:
      return undefined;
  }
}

/**
 * When it is to be reminded once more. Counted from the reminder and not from when that was due: after days in which nobody could be
 * reminded there is one, and not one for each of them.
 * @param reminded  how often it was, with the one at `at`
 */
export function nextReminder(
  offer: Offer,
  { followUp }: ReminderRules,
  reminded: number,
  at: number,
): number | undefined {
  if (reminderOf(offer) !== 'no-word' || !followUp || reminded >= followUp.most) return undefined;
  return at + followUp.everyMs;
}

import fc from 'fast-check';
import { firstReminder, nextReminder, reminderOf } from './reminders.js';
import { currentOffer, type Offer } from './standing.js';
import type { Step } from './advance.js';
import { answeredBy, offerTo, standingAfter } from '../../test/lifecycle.fixture.js';

const offerAfter = (...answers: readonly Step[]): Offer =>
  currentOffer(standingAfter(offerTo('acme'), ...answers)) as Offer;
const open = offerAfter();
const accepted = offerAfter(answeredBy('acme', 'accepted'));
const followUp = { remindAfterMs: 300, everyMs: 100, most: 3 };

describe('a reminder', () => {
  it('is of the answer while an offer waits, of a word while a lead is worked, and of nothing once it is closed', () => {
    const of = (type: 'contacted' | 'qualified' | 'won' | 'lost' | 'returned') =>
      reminderOf(offerAfter(answeredBy('acme', 'accepted'), answeredBy('acme', type)));
    expect([reminderOf(open), reminderOf(accepted), of('contacted'), of('qualified')]).toEqual([
      ...['offer-ends', 'no-word', 'no-word', 'no-word'],
    ]);
    expect([of('won'), of('lost'), of('returned')]).toEqual([undefined, undefined, undefined]);
    expect(reminderOf(offerAfter(answeredBy('acme', 'declined')))).toBeUndefined();
    expect(reminderOf(offerAfter({ type: 'expired', offer: 1, at: 2_000 }))).toBeUndefined();
    expect(reminderOf(offerAfter({ type: 'overridden', at: 1_600 }))).toBeUndefined();
  });

  it('comes with the time left that the policy says, and not at all where it says nothing or the offer is shorter', () => {
    expect(firstReminder(open, { remindWithMsLeft: 250 }, 0)).toBe(1_750);
    expect(firstReminder(open, { followUp }, 0)).toBeUndefined();
    expect(firstReminder(open, { remindWithMsLeft: 1_000 }, 0)).toBeUndefined();
    expect(nextReminder(open, { remindWithMsLeft: 250, followUp }, 1, 1_750)).toBeUndefined();
  });

  it('comes when a party has been silent for so long, and then at the policy’s distance, as often as it says', () => {
    expect(firstReminder(accepted, { followUp, remindWithMsLeft: 250 }, 5_000)).toBe(5_300);
    expect(firstReminder(accepted, { remindWithMsLeft: 250 }, 5_000)).toBeUndefined();
    expect([1, 2, 3].map((count) => nextReminder(accepted, { followUp }, count, 6_000))).toEqual([
      6_100,
      6_100,
      undefined,
    ]);
  });

  it('is never more than one for a time in which nobody could be reminded, and never more than the policy says in all', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 30 }), (pauses) => {
        // A clock that looks now and then, with any pauses.
        const said: number[] = [];
        let due = firstReminder(accepted, { followUp }, 0);
        let now = 0;
        for (const pause of pauses) {
          now += pause;
          if (due === undefined || now < due) continue;
          said.push(now);
          due = nextReminder(accepted, { followUp }, said.length, now);
        }
        expect(said.length).toBeLessThanOrEqual(followUp.most);
        said.forEach((at, index) => {
          expect(at - (said[index - 1] ?? 0)).toBeGreaterThanOrEqual(
            index === 0 ? followUp.remindAfterMs : followUp.everyMs,
          );
        });
      }),
    );
  });
});

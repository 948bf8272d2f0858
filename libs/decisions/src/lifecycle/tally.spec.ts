import fc from 'fast-check';
import { answeredBy, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';
import { type Tally, tallyOf } from './tally.js';

const counted = (tally: Tally) => Object.fromEntries(Object.entries(tally).filter(([, count]) => count !== 0));

describe('counting offers', () => {
  it('counts each step once, and a later one with the earlier ones', () => {
    const lost = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      answeredBy('acme', 'qualified'),
      answeredBy('acme', 'lost', { reason: 'no-budget' }),
    ).offers;
    expect(lost.map((offer) => counted(tallyOf(offer)))).toEqual([
      { offered: 1, accepted: 1, kept: 1, contacted: 1, qualified: 1, lost: 1 },
    ]);
  });

  it('takes a declined or expired offer for offered, but not for received', () => {
    const [declined] = standingAfter(offerTo('acme'), answeredBy('acme', 'declined')).offers;
    const [expired] = standingAfter(offerTo('acme'), { type: 'expired', offer: 1, at: 2_000 }).offers;
    expect([declined, expired].map((offer) => offer && counted(tallyOf(offer)))).toEqual([
      { offered: 1, declined: 1 },
      { offered: 1, expired: 1 },
    ]);
  });

  it('takes a returned lead for accepted, but no longer for received', () => {
    const [returned] = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      answeredBy('acme', 'returned', { reason: 'inaccurate-data' }),
    ).offers;
    expect(returned && counted(tallyOf(returned))).toEqual({ offered: 1, accepted: 1, returned: 1 });
  });

  it('gives every offer exactly one fate', () => {
    fc.assert(
      fc.property(fc.array(steps(), { maxLength: 30 }), (all) => {
        for (const offer of standingAfter(...all).offers) {
          const { offered, accepted, declined, expired, open } = tallyOf(offer);
          const withdrawnUnanswered = offer.stage === 'withdrawn' && offer.acceptedAt === null ? 1 : 0;
          expect(accepted + declined + expired + open + withdrawnUnanswered).toBe(offered);
        }
      }),
    );
  });
});

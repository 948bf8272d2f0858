import fc from 'fast-check';
import { advance, type Step } from './advance.js';
import { answerTypes } from './answer.js';
import { currentOffer, isLive, newLead, type Standing } from './standing.js';
import { importedAs, aRouted, answeredBy, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';

describe('the lifecycle of a lead', () => {
  it('goes from the offer through contact and opportunity to revenue, for direct as for a partner', () => {
    for (const party of ['direct', 'acme']) {
      const standing = standingAfter(
        { type: 'received' },
        { type: 'scored', state: 'graded', grade: 'A', score: 81 },
        offerTo(party),
        { type: 'delivered', party, at: 1_050 },
        answeredBy(party, 'accepted', { at: 1_100 }),
        answeredBy(party, 'contacted', { at: 1_200 }),
        answeredBy(party, 'qualified', { at: 1_300 }),
        answeredBy(party, 'won', { at: 1_400, amount: { value: 12_500, currency: 'EUR' } }),
      );
      expect(standing).toEqual({
        state: 'won',
        grade: 'A',
        score: 81,
        offers: [
          {
            number: 1,
            party,
            pool: 'smb',
            policy: 'emea@1',
            grade: 'A',
            kind: 'share',
            reveal: 'on-accept',
            offeredAt: 1_000,
            acceptBy: 2_000,
            stage: 'won',
            deliveredAt: 1_050,
            acceptedAt: 1_100,
            contactedAt: 1_200,
            qualifiedAt: 1_300,
            closedAt: 1_400,
            reason: null,
            amount: { value: 12_500, currency: 'EUR' },
            traits: null,
            corrections: [],
          },
        ],
      });
    }
  });

  it('offers the lead to the next one after a decline, and keeps both offers', () => {
    const standing = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'declined', { reason: 'capacity' }),
      offerTo('bolt', { offer: 2 }),
    );
    expect(standing.state).toBe('offered');
    expect(standing.offers.map(({ party, stage, reason }) => ({ party, stage, reason }))).toEqual([
      { party: 'acme', stage: 'declined', reason: 'capacity' },
      { party: 'bolt', stage: 'offered', reason: null },
    ]);
  });

  it('counts the first of an acceptance and the expiry of the same offer, in the order of the log', () => {
    const expired: Step = { type: 'expired', offer: 1, at: 2_000 };
    const accepted = answeredBy('acme', 'accepted', { at: 1_999 });
    expect(standingAfter(offerTo('acme'), accepted, expired).state).toBe('accepted');
    expect(standingAfter(offerTo('acme'), expired, accepted).state).toBe('expired');
  });

  it('takes the lead out of the hands it is in when an override sends it elsewhere, however far it had come', () => {
    const standing = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      { type: 'overridden', at: 1_600 },
      offerTo('direct', { offer: 2, kind: 'override', at: 1_600 }),
    );
    expect(standing.offers.map(({ stage, closedAt }) => ({ stage, closedAt }))).toEqual([
      { stage: 'withdrawn', closedAt: 1_600 },
      { stage: 'offered', closedAt: null },
    ]);
  });

  it('leaves a won lead to its winner, whatever is decided about the lead afterwards', () => {
    const standing = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      answeredBy('acme', 'won'),
      { type: 'overridden', at: 1_600 },
      offerTo('direct', { offer: 2, at: 1_600 }),
    );
    expect(standing.offers[0]?.stage).toBe('won');
  });

  it('ignores an answer of somebody who was not offered the lead', () => {
    expect(standingAfter(offerTo('acme'), answeredBy('bolt', 'accepted'))).toEqual(standingAfter(offerTo('acme')));
  });

  it('shows a lead that nobody gets as what it is: not qualified, or without anybody who could take it', () => {
    const scored: Step = { type: 'scored', state: 'not-qualified', grade: null, score: 3 };
    expect(standingAfter({ type: 'received' }, scored, { type: 'unroutable', notQualified: true, at: 9 }).state).toBe(
      'not-qualified',
    );
    expect(
      standingAfter(offerTo('acme'), answeredBy('acme', 'declined'), { type: 'unroutable', notQualified: false, at: 9 })
        .state,
    ).toBe('unroutable');
  });

  it('offers a returned lead again once it is recycled and scored anew', () => {
    const returned = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'), answeredBy('acme', 'returned'));
    const again = [
      { type: 'recycled' },
      { type: 'scored', state: 'graded', grade: 'B', score: 60 },
      offerTo('bolt', { offer: 2 }),
    ] as const;
    expect(again.map((_, count) => again.slice(0, count + 1).reduce(advance, returned).state)).toEqual([
      'recycled',
      'graded',
      'offered',
    ]);
  });

  it('never shows an erased lead as anything else, and goes on counting its offers', () => {
    const standing = standingAfter(
      offerTo('acme'),
      { type: 'erased', at: 1_200 },
      answeredBy('acme', 'accepted'),
      offerTo('bolt', { offer: 2 }),
    );
    expect(standing.state).toBe('erased');
    expect(standing.offers).toHaveLength(2);
  });

  it('ends the open offer of an erased lead, also one that comes late, and leaves what was accepted as it is', () => {
    const stages = (...all: readonly Step[]) =>
      standingAfter(...all).offers.map(({ stage, closedAt }) => [stage, closedAt]);
    const erased = { type: 'erased', at: 1_700 } as const;
    expect(stages(offerTo('acme'), erased)).toEqual([['withdrawn', 1_700]]);
    expect(stages(erased, offerTo('acme', { at: 1_800 }))).toEqual([['withdrawn', 1_800]]);
    expect(stages(offerTo('acme'), answeredBy('acme', 'accepted'), erased)).toEqual([['accepted', null]]);
    expect(stages(offerTo('acme'), erased, { type: 'expired', offer: 1, at: 2_000 })).toEqual([['withdrawn', 1_700]]);
  });

  it('notes when the party had the offer, once, also after it was answered', () => {
    const standing = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      { type: 'delivered', party: 'acme', at: 1_600 },
      { type: 'delivered', party: 'acme', at: 1_700 },
      { type: 'delivered', party: 'bolt', at: 1_800 },
    );
    expect(standing).toMatchObject({ state: 'accepted', offers: [{ stage: 'accepted', deliveredAt: 1_600 }] });
  });

  it('never shows a lead as offered to nobody again because a late score comes in', () => {
    expect(standingAfter(offerTo('acme'), { type: 'scored', state: 'incomplete', grade: null, score: 10 }).state).toBe(
      'offered',
    );
  });

  it('folds any events in any order without failing; the same event twice changes nothing', () => {
    fc.assert(
      fc.property(fc.array(steps(), { maxLength: 30 }), (all) => {
        let standing: Standing = newLead;
        for (const step of all) {
          standing = advance(standing, step);
          expect(advance(standing, step)).toEqual(standing);
        }
      }),
    );
  });

  it('never has a lead in two hands at once', () => {
    fc.assert(
      fc.property(fc.array(steps(), { maxLength: 30 }), (all) => {
        const standing = all.reduce(advance, newLead);
        const live = standing.offers.filter(isLive);
        expect(live.length).toBeLessThanOrEqual(1);
        if (live[0]) expect(live[0]).toBe(currentOffer(standing));
      }),
    );
  });

  it('lets no answer change an offer that is closed', () => {
    for (const closing of ['declined', 'won', 'lost', 'returned'] as const) {
      const before = standingAfter(
        offerTo('acme'),
        ...(closing === 'declined' ? [] : [answeredBy('acme', 'accepted')]),
        answeredBy('acme', closing),
      );
      for (const type of answerTypes) expect(advance(before, answeredBy('acme', type))).toEqual(before);
    }
  });

  it('takes an offer number that is known for the same offer told again, not for another one', () => {
    const before = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'));
    expect(advance(before, aRouted({ party: 'bolt' }))).toBe(before);
  });

  it('has, of a deal from elsewhere, whose it was and what became of it, as it was told last', () => {
    const open = importedAs('open', { qualifiedAt: 1_400 });
    expect(standingAfter(open)).toMatchObject({
      state: 'qualified',
      offers: [{ stage: 'qualified', acceptedAt: 1_000 }],
    });
    const lost = standingAfter(open, importedAs('lost', { party: 'direct', grade: 'B', closedAt: 1_700 }));
    expect(lost).toMatchObject({
      state: 'lost',
      grade: 'B',
      offers: [{ party: 'direct', stage: 'lost', closedAt: 1_700 }],
    });
    expect(lost.offers).toHaveLength(1);
  });

  it('lets no deal from elsewhere take the place of what was offered here', () => {
    const offered = standingAfter(offerTo('acme'));
    expect(advance(offered, importedAs('won'))).toBe(offered);
  });
});

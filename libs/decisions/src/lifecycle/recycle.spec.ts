import { reasons } from '@fairlead/events';
import { advance, type Step } from './advance.js';
import { leadStages, newLead } from './standing.js';
import { isRepair, judgeRecycling, recyclingOf } from './recycle.js';
import { policyOf } from '../route/policy.js';
import { answeredBy, importedAs, offerTo, standingAfter } from '../../test/lifecycle.fixture.js';

const ruleOf = (returned?: object) => {
  const pool = { id: 'all', match: {}, promise: { direct: 50, channel: 50 }, ...(returned && { returned }) };
  return policyOf({ name: 'p', pools: [pool] }, 1).pools[0]?.returned;
};
const returnedFor = (reason: string, offer = 1, party = 'acme'): Step[] => [
  offerTo(party, { offer }),
  answeredBy(party, 'accepted', { offer }),
  answeredBy(party, 'returned', { offer, reason }),
];

describe('a lead that was returned', () => {
  it('is offered again by what it was returned for, as the policy says; where it says nothing, it is closed', () => {
    const by = (returned?: object) =>
      Object.fromEntries(
        Object.entries(
          Object.groupBy(reasons, (reason) => recyclingOf(standingAfter(...returnedFor(reason)), ruleOf(returned))),
        ).map(([how, these]) => [how, these.join(' ')]),
      );
    const all = reasons.join(' ');
    expect(by()).toEqual({ no: all });
    expect(by({ then: 'close' })).toEqual({ no: all });
    expect(by({})).toEqual({
      'at-once': 'unable-to-reach no-fit geo-mismatch product-mismatch capacity',
      'once-repaired': 'inaccurate-data',
      no: 'no-interest no-budget not-ready spam duplicate',
    });
    // What is named under one of the two is no longer where it would have been without a word.
    expect(by({ repair: ['not-ready', 'unable-to-reach'] })).toEqual({
      'at-once': 'inaccurate-data no-fit geo-mismatch product-mismatch capacity',
      'once-repaired': 'unable-to-reach not-ready',
      no: 'no-interest no-budget spam duplicate',
    });
    expect(by({ never: ['inaccurate-data'] })).toEqual({
      'at-once': reasons.filter((reason) => reason !== 'inaccurate-data').join(' '),
      no: 'inaccurate-data',
    });
  });

  it('is offered again as often as the policy says, and twice where it does not', () => {
    const returns = [returnedFor('capacity'), returnedFor('capacity', 2, 'bolt'), returnedFor('capacity', 3, 'coil')];
    const after = (count: number) => standingAfter(...returns.slice(0, count).flat());
    const times = (returned: object) => [1, 2, 3].map((count) => recyclingOf(after(count), ruleOf(returned)));
    expect(times({})).toEqual(['at-once', 'at-once', 'no']);
    expect(times({ times: 1 })).toEqual(['at-once', 'no', 'no']);
    expect(times({ times: 3 })).toEqual(['at-once', 'at-once', 'at-once']);
  });

  it('is not offered again by itself in any other stage, nor twice for one return', () => {
    const returned = standingAfter(...returnedFor('capacity'));
    for (const state of leadStages) {
      expect([state, recyclingOf({ ...returned, state }, ruleOf({}))]).toEqual([
        state,
        state === 'returned' ? 'at-once' : 'no',
      ]);
    }
    expect(recyclingOf(advance(returned, { type: 'recycled' }), ruleOf({}))).toBe('no');
    const corrected = { type: 'returned', at: 1_500, reason: 'spam' } as const;
    const was = { ...corrected, reason: 'capacity' };
    const amended = advance(returned, { type: 'amended', party: 'acme', offer: 1, was, is: corrected, at: 1_600 });
    expect(recyclingOf(amended, ruleOf({}))).toBe('no');
  });

  it('is repaired by what is told of the lead itself, not by what the person does or agrees to', () => {
    expect(isRepair(['phone'])).toBe(true);
    expect(isRepair(['engagement.visits', 'country'])).toBe(true);
    expect(isRepair(['attributes.seats'])).toBe(true);
    expect(isRepair(['engagement.visits', 'consent'])).toBe(false);
    expect(isRepair([])).toBe(false);
  });

  it('is offered again by a person, whatever the policy says; and no lead is that has not been returned', () => {
    const judged = (offer?: number, ...steps: readonly Step[]) => {
      const verdict = judgeRecycling(standingAfter(...steps), offer);
      return verdict.outcome === 'refused' ? verdict.why : verdict.outcome;
    };
    const returned = returnedFor('spam');
    const again = [...returned, { type: 'recycled' }, offerTo('bolt', { offer: 2 })] as const;
    expect(judged(undefined, ...returned)).toBe('taken');
    expect(judged(1, ...returned)).toBe('taken');
    expect(judged(2, ...returned)).toBe('not-returned');
    expect(judged(undefined, ...returned, { type: 'recycled' })).toBe('repeated');
    expect(
      judged(undefined, ...returned, { type: 'recycled' }, { type: 'unroutable', notQualified: false, at: 9 }),
    ).toBe('repeated');
    // On offer again: whoever names the offer that was returned repeats what was done.
    expect(judged(undefined, ...again)).toBe('not-returned');
    expect(judged(1, ...again)).toBe('repeated');
    expect(judged(undefined, ...returned, { type: 'erased', at: 1_700 })).toBe('lead-erased');
    for (const answer of ['accepted', 'contacted', 'qualified', 'won', 'lost'] as const) {
      const steps = [offerTo('acme'), answeredBy('acme', 'accepted'), answeredBy('acme', answer)];
      expect([answer, judged(undefined, ...steps)]).toEqual([answer, 'not-returned']);
    }
    expect(judgeRecycling(newLead)).toEqual({ outcome: 'refused', why: 'not-returned' });
    expect(judged(undefined, importedAs('returned'))).toBe('closed-elsewhere');
    expect(recyclingOf(standingAfter(importedAs('returned')), ruleOf())).toBe('no');
  });
});

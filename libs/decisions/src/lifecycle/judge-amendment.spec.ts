import fc from 'fast-check';
import { advance, type Step } from './advance.js';
import { judgeAnswer } from './judge-answer.js';
import { type Amendment, judgeAmendment, mostCorrections } from './judge-amendment.js';
import { type Outcome, outcomeTypes } from './outcome.js';
import { newLead, type Standing } from './standing.js';
import { nothing, type Tally, tallyOf } from './tally.js';
import { amendedBy, answeredBy, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';

const now = 2_000;
const euros = (value: number) => ({ value, currency: 'EUR' });
const won = (value: number): Step => answeredBy('acme', 'won', { amount: euros(value) });
const taken = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'));
const after = (...all: readonly Step[]): Standing => all.reduce(advance, taken);
const correct = (corrects: Amendment['corrects'], is?: Amendment['is']): Amendment => ({ party: 'acme', corrects, is });

const judged = (standing: Standing, amendment: Amendment, at = now): string => {
  const verdict = judgeAmendment(standing, amendment, at);
  return verdict.outcome === 'refused' ? verdict.why : verdict.outcome;
};

/** What the log comes to when this is taken. */
function corrected(standing: Standing, amendment: Amendment, at = now): Standing {
  const verdict = judgeAmendment(standing, amendment, at);
  if (verdict.outcome !== 'taken') throw new Error(JSON.stringify(verdict));
  const { offer, was, is } = verdict;
  return advance(standing, { type: 'amended', party: amendment.party, offer: offer.number, was, is, at });
}

const counted = (standing: Standing): Partial<Tally> =>
  Object.fromEntries(
    standing.offers.flatMap((offer) => Object.entries(tallyOf(offer)).filter(([, count]) => count !== 0)),
  );

describe('a correction of an outcome', () => {
  it('of how much was won counts the right amount, once, and keeps the wrong one beside it', () => {
    const standing = corrected(
      after(won(1_250)),
      correct({ type: 'won', amount: euros(1_250) }, { type: 'won', amount: euros(12_500) }),
    );
    expect(standing).toMatchObject({
      state: 'won',
      offers: [{ stage: 'won', closedAt: 1_500, amount: euros(12_500) }],
    });
    expect(standing.offers[0]?.corrections).toEqual([
      {
        was: { type: 'won', at: 1_500, amount: euros(1_250) },
        is: { type: 'won', at: 1_500, amount: euros(12_500) },
        at: now,
      },
    ]);
    expect(counted(standing)).toEqual(counted(after(won(1_250))));
  });

  it('of a win that was a loss counts a loss and no win, and the other way round', () => {
    const lost = corrected(
      after(won(5)),
      correct({ type: 'won', amount: euros(5) }, { type: 'lost', reason: 'no-budget' }),
    );
    expect(counted(lost)).toEqual(counted(after(answeredBy('acme', 'lost', { reason: 'no-budget' }))));
    expect(lost.offers[0]).toMatchObject({ stage: 'lost', reason: 'no-budget', amount: null });
    const back = corrected(lost, correct({ type: 'lost', reason: 'no-budget' }, { type: 'won', amount: euros(5) }));
    expect(counted(back)).toEqual(counted(after(won(5))));
    expect(back.offers[0]).toMatchObject({ stage: 'won', reason: null, amount: euros(5) });
    expect(back.offers[0]?.corrections).toHaveLength(2);
  });

  it('that nothing of the kind had happened leaves the lead where it was before, to be worked on', () => {
    const steps = [answeredBy('acme', 'contacted'), answeredBy('acme', 'qualified'), won(5)];
    const states = steps.map((_, count) => {
      const type = (['contacted', 'qualified', 'won'] as const)[count] as Outcome['type'];
      const amount = type === 'won' ? { amount: euros(5) } : {};
      return corrected(after(...steps.slice(0, count + 1)), correct({ type, ...amount })).state;
    });
    expect(states).toEqual(['accepted', 'contacted', 'qualified']);
    const undone = corrected(after(won(5)), correct({ type: 'won', amount: euros(5) }));
    expect(counted(undone)).toEqual(counted(taken));
    expect(judgeAnswer(undone, { party: 'acme', type: 'won', at: now, amount: euros(5) }, now).outcome).toBe('taken');
  });

  it('of a step that a later one includes changes its time alone', () => {
    const qualified = after(answeredBy('acme', 'contacted'), answeredBy('acme', 'qualified'));
    const standing = corrected(qualified, correct({ type: 'contacted' }));
    expect(standing).toMatchObject({ state: 'qualified', offers: [{ contactedAt: null, qualifiedAt: 1_500 }] });
    expect(counted(standing)).toEqual(counted(qualified));
  });

  it('may come after the lead has gone elsewhere, and takes it from nobody', () => {
    const elsewhere = after(won(5), { type: 'overridden', at: 1_600 }, offerTo('bolt', { offer: 2, at: 1_600 }));
    const standing = corrected(elsewhere, correct({ type: 'won', amount: euros(5) }));
    expect(standing.state).toBe('offered');
    expect(standing.offers.map(({ stage }) => stage)).toEqual(['withdrawn', 'offered']);
  });

  it('may name an earlier offer of the same party', () => {
    const twice = after(
      answeredBy('acme', 'returned', { reason: 'spam' }),
      offerTo('acme', { offer: 2, at: 1_600 }),
      answeredBy('acme', 'accepted', { offer: 2 }),
    );
    const first = correct({ type: 'returned', reason: 'spam' }, { type: 'returned', reason: 'no-fit' });
    expect(judged(twice, first)).toBe('nothing-to-correct');
    expect(corrected(twice, { ...first, offer: 1 }).offers.map(({ reason }) => reason)).toEqual(['no-fit', null]);
    expect(judged(twice, { ...first, offer: 3 })).toBe('not-the-current-offer');
  });

  it('has one answer for everything that was reported and everything that it could become', () => {
    const reported: Record<Outcome['type'], Standing> = {
      contacted: after(answeredBy('acme', 'contacted')),
      qualified: after(answeredBy('acme', 'qualified')),
      won: after(won(5)),
      lost: after(answeredBy('acme', 'lost')),
      returned: after(answeredBy('acme', 'returned', { reason: 'spam' })),
    };
    const words = { won: { amount: euros(5) }, returned: { reason: 'spam' } } as Record<string, object>;
    const table = outcomeTypes.map((type) => [
      type,
      ...[...outcomeTypes, 'mistaken' as const].map((to) =>
        judged(
          reported[type],
          correct({ type, ...words[type] }, to === 'mistaken' ? undefined : { type: to, at: 1_700, ...words[to] }),
        ),
      ),
    ]);
    const no = 'not-amendable';
    expect(table).toEqual([
      // was        contacted  qualified  won      lost     returned mistaken
      ['contacted', 'taken', no, no, no, no, 'taken'],
      ['qualified', no, 'taken', no, no, no, 'taken'],
      ['won', no, no, 'taken', 'taken', no, 'taken'],
      ['lost', no, no, 'taken', 'taken', no, 'taken'],
      ['returned', no, no, no, no, 'taken', no],
    ]);
  });

  it('is refused, by a stated rule, for whoever has nothing to correct', () => {
    const one = correct({ type: 'won', amount: euros(5) }, { type: 'won', amount: euros(6) });
    expect(judged(newLead, one)).toBe('never-offered');
    expect(judged(after(won(5)), { ...one, party: 'bolt' })).toBe('not-offered-to-you');
    expect(judged(taken, one)).toBe('nothing-to-correct');
    expect(judged(after(won(7)), one)).toBe('told-differently');
    expect(judged(after(won(5), { type: 'erased', at: 1_700 }), one)).toBe('lead-erased');
    const at = (time: number) =>
      correct({ type: 'won', amount: euros(5) }, { type: 'won', at: time, amount: euros(6) });
    expect(judged(after(won(5)), at(now + 60_001))).toBe('in-the-future');
    expect(judged(after(won(5)), at(1_000 - 60_001))).toBe('before-the-offer');
    let standing = after(won(0));
    for (let value = 0; value < mostCorrections; value++)
      standing = corrected(
        standing,
        correct({ type: 'won', amount: euros(value) }, { type: 'won', amount: euros(value + 1) }),
      );
    const more = correct({ type: 'won', amount: euros(mostCorrections) }, { type: 'won', amount: euros(99) });
    expect(judged(standing, more)).toBe('corrected-too-often');
  });

  it('comes twice, or late, and corrects nothing a second time', () => {
    const first = correct({ type: 'won', amount: euros(5) }, { type: 'won', amount: euros(6) });
    const second = correct({ type: 'won', amount: euros(6) }, { type: 'won', amount: euros(7) });
    const once = corrected(after(won(5)), first);
    expect(judged(once, first)).toBe('repeated');
    const twice = corrected(once, second);
    expect([first, second].map((each) => judged(twice, each))).toEqual(['repeated', 'repeated']);
    const undone = corrected(twice, correct({ type: 'won', amount: euros(7) }));
    expect(judged(undone, correct({ type: 'won', amount: euros(7) }))).toBe('repeated');
    // What was reported first is told again with its time by whoever sends a list once more, and is no news.
    const told = (at: number) => judgeAnswer(undone, { party: 'acme', type: 'won', at, amount: euros(5) }, now).outcome;
    expect([told(1_500), told(1_700)]).toEqual(['repeated', 'taken']);
  });

  it('that is taken changes the lead, counts no offer twice, and is a repetition from then on', () => {
    const outcome = fc.record({
      type: fc.constantFrom(...outcomeTypes),
      at: fc.constantFrom(undefined, 1_500, 1_501),
      amount: fc.constantFrom(undefined, euros(5)),
    });
    fc.assert(
      fc.property(
        fc.array(steps(), { maxLength: 20 }),
        fc.record({
          party: fc.constantFrom('direct', 'acme', 'bolt'),
          corrects: outcome,
          is: fc.option(outcome, { nil: undefined }),
        }),
        (all, amendment) => {
          const standing = all.reduce(advance, newLead);
          if (judgeAmendment(standing, amendment, now).outcome !== 'taken') return;
          const next = corrected(standing, amendment);
          expect(next).not.toEqual(standing);
          for (const { won, lost, returned } of next.offers.map(tallyOf)) expect(won + lost + returned).toBeLessThan(2);
          expect(Object.keys(tallyOf(next.offers[0]!))).toEqual(Object.keys(nothing));
          expect(judged(next, amendment)).toBe('repeated');
        },
      ),
    );
  });

  it('in the log is of what stands there, or it changes nothing', () => {
    const before = after(won(5));
    const is: Outcome = { type: 'won', at: 1_500, amount: euros(6) };
    expect(advance(before, amendedBy('acme', { type: 'won', at: 1_500, amount: euros(7) }, is))).toBe(before);
    expect(advance(before, amendedBy('bolt', { type: 'won', at: 1_500, amount: euros(5) }, is))).toBe(before);
    expect(advance(before, amendedBy('acme', { type: 'lost', at: 1_500 }, is))).toBe(before);
  });
});

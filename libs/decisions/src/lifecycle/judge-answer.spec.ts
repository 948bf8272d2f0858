import fc from 'fast-check';
import { advance } from './advance.js';
import { type Answer, answerTypes, mayFollow } from './answer.js';
import { judgeAmendment } from './judge-amendment.js';
import { clockSkewMs, judgeAnswer } from './judge-answer.js';
import { answeredBy, importedAs, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';
import { newLead, type OfferStage, type Standing } from './standing.js';

const now = 1_500;
const from = (party: string, type: Answer['type'], overrides: Partial<Answer> = {}): Answer => ({
  party,
  type,
  at: now,
  ...overrides,
});
const judged = (standing: Standing, answer: Answer, at = now): string => {
  const verdict = judgeAnswer(standing, answer, at);
  return verdict.outcome === 'refused' ? verdict.why : verdict.outcome;
};

describe('an answer of a party', () => {
  const offered = standingAfter(offerTo('acme'));
  const accepted = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'));

  it('is taken for its own, current, open offer', () => {
    expect(judged(offered, from('acme', 'accepted'))).toBe('taken');
    expect(judged(offered, from('acme', 'declined', { reason: 'no-fit' }))).toBe('taken');
    expect(judged(standingAfter(offerTo('direct')), from('direct', 'accepted'))).toBe('taken');
  });

  it('is not taken before the lead was offered to anyone', () => {
    expect(judged(newLead, from('acme', 'accepted'))).toBe('never-offered');
    expect(judged(standingAfter({ type: 'received' }), from('acme', 'accepted'))).toBe('never-offered');
  });

  it('is not taken from somebody who was never offered the lead', () => {
    expect(judged(offered, from('bolt', 'accepted'))).toBe('not-offered-to-you');
    expect(judged(offered, from('direct', 'accepted'))).toBe('not-offered-to-you');
  });

  it('is not taken of a deal from elsewhere, which only its source tells of', () => {
    const deal = standingAfter(importedAs('open'));
    for (const type of answerTypes) expect(judged(deal, from('acme', type))).toBe('closed-elsewhere');
    expect(judged(deal, from('bolt', 'won'))).toBe('not-offered-to-you');
    const corrects = { type: 'won' as const };
    expect(judgeAmendment(standingAfter(importedAs('won')), { party: 'acme', corrects }, now)).toMatchObject({
      why: 'closed-elsewhere',
    });
  });

  it('is too late once its clock ran out, whether or not routing has said so', () => {
    expect(judged(offered, from('acme', 'accepted'), 2_000)).toBe('taken');
    expect(judged(offered, from('acme', 'accepted'), 2_001)).toBe('offer-expired');
    expect(judged(offered, from('acme', 'accepted', { at: 1_200 }), 2_001)).toBe('offer-expired');
    const expired = standingAfter(offerTo('acme'), { type: 'expired', offer: 1, at: 2_000 });
    expect(judged(expired, from('acme', 'accepted'))).toBe('offer-expired');
  });

  it('still counts after the time to accept, once accepted', () => {
    expect(judged(accepted, from('acme', 'contacted', { at: 9_000 }), 9_000)).toBe('taken');
  });

  it('said again in the same words has the same result, however late', () => {
    expect(judged(accepted, from('acme', 'accepted'), 9_999)).toBe('repeated');
    const declined = standingAfter(offerTo('acme'), answeredBy('acme', 'declined', { reason: 'capacity' }));
    expect(judged(declined, from('acme', 'declined', { reason: 'capacity' }), 9_999)).toBe('repeated');
    expect(judged(declined, from('acme', 'declined', { reason: 'spam' }))).toBe('told-differently');
    const won = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'accepted'),
      answeredBy('acme', 'won', { amount: { value: 5, currency: 'EUR' } }),
    );
    expect(judged(won, from('acme', 'won', { amount: { value: 5, currency: 'EUR' } }))).toBe('repeated');
    expect(judged(won, from('acme', 'won', { amount: { value: 5, currency: 'USD' } }))).toBe('told-differently');
    expect(judged(won, from('acme', 'won'))).toBe('told-differently');
    expect(judged(won, from('acme', 'accepted'))).toBe('repeated');
  });

  it('goes to the offer that counts: one that has moved on is named as what became of it', () => {
    const declined = standingAfter(
      offerTo('acme'),
      answeredBy('acme', 'declined', { reason: 'capacity' }),
      offerTo('bolt', { offer: 2 }),
    );
    expect(judged(declined, from('acme', 'accepted'))).toBe('offer-declined');
    expect(judged(declined, from('bolt', 'accepted', { offer: 1 }))).toBe('not-the-current-offer');
    expect(judged(declined, from('bolt', 'accepted', { offer: 2 }))).toBe('taken');
    const overridden = standingAfter(offerTo('acme'), { type: 'overridden', at: 1_200 });
    expect(judged(overridden, from('acme', 'accepted'))).toBe('offer-withdrawn');
  });

  it('may skip steps forward and never go back; a decline after acceptance, or a return of an opportunity, is not one', () => {
    expect(judged(offered, from('acme', 'contacted'))).toBe('not-accepted');
    expect(judged(accepted, from('acme', 'won'))).toBe('taken');
    expect(judged(accepted, from('acme', 'declined', { reason: 'no-fit' }))).toBe('already-accepted');
    const qualified = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'), answeredBy('acme', 'qualified'));
    expect(judged(qualified, from('acme', 'contacted'))).toBe('step-back');
    expect(judged(qualified, from('acme', 'returned', { reason: 'no-fit' }))).toBe('not-returnable');
    const lost = advance(qualified, answeredBy('acme', 'lost', { reason: 'no-budget' }));
    expect(judged(lost, from('acme', 'won'))).toBe('already-closed');
  });

  it('cannot tell of the future, beyond what clocks differ by, nor of the time before the offer', () => {
    expect(judged(accepted, from('acme', 'contacted', { at: now + clockSkewMs }))).toBe('taken');
    expect(judged(accepted, from('acme', 'contacted', { at: now + clockSkewMs + 1 }))).toBe('in-the-future');
    expect(judged(accepted, from('acme', 'contacted', { at: 1_000 - clockSkewMs - 1 }))).toBe('before-the-offer');
  });

  it('is not taken for a lead that was erased', () => {
    const erased = standingAfter(offerTo('acme'), answeredBy('acme', 'accepted'), { type: 'erased', at: 1_600 });
    expect(judged(erased, from('acme', 'contacted'))).toBe('lead-erased');
    expect(judged(standingAfter({ type: 'erased', at: 1_600 }), from('acme', 'accepted'))).toBe('lead-erased');
  });

  it('of two at once the second sees the first: one accept and one decline never both count', () => {
    const accept = from('acme', 'accepted');
    const decline = from('acme', 'declined', { reason: 'capacity' });
    const after = (first: Answer) => advance(offered, { ...first, offer: 1 });
    expect(judged(after(accept), decline)).toBe('already-accepted');
    expect(judged(after(decline), accept)).toBe('offer-declined');
    expect(judged(after(accept), accept)).toBe('repeated');
  });

  it('has a stated refusal for every stage that it cannot follow', () => {
    const stages = Object.keys(mayFollow) as OfferStage[];
    for (const stage of stages) {
      for (const type of answerTypes) {
        const standing: Standing = {
          ...offered,
          offers: offered.offers.map((offer) => ({ ...offer, stage })),
        };
        const outcome = judged(standing, from('acme', type));
        const expected = mayFollow[stage].includes(type) ? ['taken'] : [expect.stringMatching(/^[a-z-]+$/)];
        if (outcome !== 'repeated' && outcome !== 'told-differently') expect([outcome]).toEqual(expected);
      }
    }
  });

  it('that is taken changes the lead, and is a repetition from then on; one that is refused would have changed nothing', () => {
    const answers = fc.record({
      type: fc.constantFrom(...answerTypes),
      party: fc.constantFrom('direct', 'acme', 'bolt'),
      at: fc.integer({ min: 0, max: 5_000 }),
    });
    fc.assert(
      fc.property(
        fc.array(steps(), { maxLength: 20 }),
        answers,
        fc.integer({ min: 0, max: 5_000 }),
        (all, answer, at) => {
          const standing = all.reduce(advance, newLead);
          const verdict = judgeAnswer(standing, answer, at);
          if (verdict.outcome !== 'taken') return;
          const after = advance(standing, { ...answer, offer: verdict.offer.number });
          expect(after).not.toEqual(standing);
          expect(judgeAnswer(after, answer, at).outcome).toBe('repeated');
        },
      ),
    );
  });
});

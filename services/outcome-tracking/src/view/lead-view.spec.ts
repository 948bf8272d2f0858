import { advance, type AnswerType, newLead, type Step } from '@fairlead/decisions';
import type { PendingAnswer } from '../pending-answer.js';
import { type TrackedLead, unseen } from '../store/leads.store.js';
import { isRevealed, standingFor, viewOf } from './lead-view.js';

const id = '00000000-0000-4000-8000-000000000001';

const offerTo = (party: string, offer = 1, reveal: 'on-offer' | 'on-accept' = 'on-accept'): Step => ({
  type: 'routed',
  ...{
    offer,
    party,
    reveal,
    pool: 'smb',
    policy: 'emea@1',
    grade: 'B',
    kind: 'share',
    at: 1_000,
    acceptBy: 2_000,
    traits: null,
  },
});
const said = (party: string, type: AnswerType, offer = 1): Step => ({
  type,
  party,
  offer,
  at: 1_500,
  reason: 'no-fit',
});
const lead = (steps: readonly Step[], pending: readonly PendingAnswer[] = []): TrackedLead => ({
  ...unseen(id, 0),
  standing: steps.reduce(advance, newLead),
  pending,
});
const revealed = (steps: readonly Step[], party = 'acme') => {
  const standing = standingFor(lead(steps), party);
  return standing !== undefined && isRevealed(standing);
};

describe('who may have the contact details of a lead', () => {
  it('has them from the offer on, or from its acceptance on, as the policy says', () => {
    expect(revealed([offerTo('acme', 1, 'on-offer')])).toBe(true);
    expect(revealed([offerTo('acme')])).toBe(false);
    expect(revealed([offerTo('acme'), said('acme', 'accepted')])).toBe(true);
    expect(revealed([offerTo('acme'), said('acme', 'accepted'), said('acme', 'qualified')])).toBe(true);
    expect(revealed([offerTo('acme'), said('acme', 'accepted'), said('acme', 'won')])).toBe(true);
  });

  it('has them no longer once the lead is not its own any more', () => {
    const accepted = [offerTo('acme', 1, 'on-offer'), said('acme', 'accepted')];
    for (const end of ['lost', 'returned'] as const) expect(revealed([...accepted, said('acme', end)])).toBe(false);
    expect(revealed([offerTo('acme', 1, 'on-offer'), said('acme', 'declined')])).toBe(false);
    expect(revealed([offerTo('acme', 1, 'on-offer'), { type: 'expired', offer: 1, at: 2_000 }])).toBe(false);
    expect(revealed([...accepted, { type: 'overridden', at: 1_600 }])).toBe(false);
  });

  it('is nobody who was never offered the lead', () => {
    expect(revealed([offerTo('acme', 1, 'on-offer')], 'bolt')).toBe(false);
    expect(standingFor(lead([offerTo('acme', 1, 'on-offer')]), 'bolt')).toBeUndefined();
  });
});

describe('what is shown of a lead', () => {
  it('counts an answer at once that is still on its way to the log and back', () => {
    const pending = [{ eventId: 'e', step: said('acme', 'accepted') }];
    const tracked = lead([offerTo('acme')], pending);
    expect(standingFor(tracked, undefined)).toMatchObject({ state: 'accepted' });
    expect(tracked.standing.state).toBe('offered');
  });

  it('is to a partner its own part: its latest offer, and nobody after it', () => {
    const tracked = lead([offerTo('acme'), said('acme', 'declined'), offerTo('bolt', 2), said('bolt', 'accepted', 2)]);
    const standing = standingFor(tracked, 'acme');
    expect(standing && viewOf(tracked, standing)).toMatchObject({
      state: 'declined',
      party: 'acme',
      outcome: null,
      offers: [{ number: 1, stage: 'declined', reason: 'no-fit' }],
    });
  });
});

// What the tests of the lifecycle share: steps with only what a test cares about spelled out.
import fc from 'fast-check';
import { advance, type Step } from '../src/lifecycle/advance.js';
import { type AnswerType, answerTypes } from '../src/lifecycle/answer.js';
import { type Outcome, outcomeTypes } from '../src/lifecycle/outcome.js';
import { newLead, type Standing } from '../src/lifecycle/standing.js';

type Routed = Step & { type: 'routed' };
type Answered = Step & { type: AnswerType };
type Imported = Step & { type: 'imported' };
type Amended = Step & { type: 'amended' };

export function aRouted(overrides: Partial<Routed> = {}): Routed {
  return {
    type: 'routed',
    offer: 1,
    party: 'acme',
    pool: 'smb',
    policy: 'emea@1',
    grade: 'A',
    kind: 'share',
    reveal: 'on-accept',
    at: 1_000,
    acceptBy: 2_000,
    traits: null,
    ...overrides,
  };
}

export function offerTo(party: string, overrides: Partial<Routed> = {}): Routed {
  return aRouted({ party, ...overrides });
}

export function answeredBy(party: string, type: AnswerType, overrides: Partial<Answered> = {}): Answered {
  return { type, party, offer: 1, at: 1_500, ...overrides };
}

export function amendedBy(party: string, was: Outcome, is: Outcome | null, overrides: Partial<Amended> = {}): Amended {
  return { type: 'amended', party, offer: 1, was, is, at: 1_600, ...overrides };
}

/** A deal from elsewhere, as it is told last. */
export function importedAs(
  outcome: Imported['outcome'],
  { party = 'acme', ...overrides }: Partial<Imported['offer']> = {},
): Imported {
  return {
    type: 'imported',
    outcome,
    offer: {
      ...{ number: 1, party, pool: 'legacy', policy: 'legacy@1', grade: null, kind: 'share', reveal: 'on-accept' },
      ...{
        offeredAt: 1_000,
        acceptBy: 1_000,
        deliveredAt: null,
        acceptedAt: 1_000,
        contactedAt: null,
        qualifiedAt: null,
      },
      ...{ closedAt: null, reason: null, amount: null, traits: null, corrections: [], ...overrides },
    },
  };
}

export function standingAfter(...all: readonly Step[]): Standing {
  return all.reduce(advance, newLead);
}

const party = () => fc.constantFrom('direct', 'acme', 'bolt');
const offer = () => fc.integer({ min: 1, max: 4 });
const at = () => fc.integer({ min: 0, max: 5_000 });

/** Few times and words, so that corrections often meet what they correct. */
function outcome(): fc.Arbitrary<Outcome> {
  return fc.record(
    {
      type: fc.constantFrom(...outcomeTypes),
      at: fc.constantFrom(1_500, 1_501),
      reason: fc.constantFrom('spam', 'no-fit'),
      amount: fc.constantFrom({ value: 5, currency: 'EUR' }, { value: 6, currency: 'EUR' }),
    },
    { requiredKeys: ['type', 'at'] },
  );
}

/** Any step at all, possible next or not. */
export function steps(): fc.Arbitrary<Step> {
  return fc.oneof(
    fc.constantFrom('received', 'held', 'completed', 'rejected', 'recycled').map((type): Step => ({ type })),
    at().map((time): Step => ({ type: 'erased', at: time })),
    fc.record({
      type: fc.constant('scored' as const),
      state: fc.constantFrom('graded' as const, 'incomplete' as const, 'not-qualified' as const),
      grade: fc.constantFrom('A' as const, 'D' as const, null),
      score: fc.nat(100),
    }),
    fc.record({ offer: offer(), party: party(), at: at() }).map((each): Step => aRouted(each)),
    fc
      .record({ outcome: fc.constantFrom('open' as const, 'won' as const, 'lost' as const), party: party(), at: at() })
      .map((each): Step => importedAs(each.outcome, { party: each.party, offeredAt: each.at, closedAt: each.at })),
    fc.record({ type: fc.constant('unroutable' as const), notQualified: fc.boolean(), at: at() }),
    fc.record({ type: fc.constant('overridden' as const), at: at() }),
    fc.record({ type: fc.constant('delivered' as const), party: party(), at: at() }),
    fc.record({ type: fc.constant('expired' as const), offer: offer(), at: at() }),
    fc
      .record({
        type: fc.constantFrom(...answerTypes),
        party: party(),
        offer: offer(),
        at: fc.oneof(at(), fc.constant(1_500)),
      })
      .map((each): Step => each),
    fc
      .record({ party: party(), offer: offer(), was: outcome(), is: fc.option(outcome()), at: at() })
      .map((each): Step => ({ type: 'amended', ...each })),
  );
}

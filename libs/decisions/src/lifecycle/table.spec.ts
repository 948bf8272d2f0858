// Every stage against every step, written out: who changes what may follow what changes a line here, and sees what else it does.
import { advance, type Step } from './advance.js';
import { answerTypes, mayFollow } from './answer.js';
import { judgeAnswer } from './judge-answer.js';
import { type LeadStage, leadStages, type OfferStage } from './standing.js';
import { answeredBy, offerTo, standingAfter } from '../../test/lifecycle.fixture.js';

const reason = 'spam';
/** How an offer of this party comes to each stage. */
const offersOf = (party: string): Readonly<Record<OfferStage, readonly Step[]>> => {
  const offered = [offerTo(party)];
  const accepted = [...offered, answeredBy(party, 'accepted')];
  return {
    offered,
    accepted,
    contacted: [...accepted, answeredBy(party, 'contacted')],
    qualified: [...accepted, answeredBy(party, 'qualified')],
    won: [...accepted, answeredBy(party, 'won')],
    lost: [...accepted, answeredBy(party, 'lost')],
    returned: [...accepted, answeredBy(party, 'returned', { reason })],
    declined: [...offered, answeredBy(party, 'declined', { reason })],
    expired: [...offered, { type: 'expired', offer: 1, at: 2_000 }],
    withdrawn: [...offered, { type: 'overridden', at: 1_600 }],
  };
};

const leads: Readonly<Record<LeadStage, readonly Step[]>> = {
  new: [],
  rejected: [{ type: 'rejected' }],
  held: [{ type: 'held' }],
  received: [{ type: 'received' }],
  graded: [{ type: 'scored', state: 'graded', grade: 'A', score: 81 }],
  incomplete: [{ type: 'scored', state: 'incomplete', grade: null, score: 40 }],
  'not-qualified': [{ type: 'unroutable', notQualified: true, at: 900 }],
  unroutable: [{ type: 'unroutable', notQualified: false, at: 900 }],
  ...offersOf('acme'),
  recycled: [...offersOf('acme').returned, { type: 'recycled' }],
  erased: [{ type: 'erased', at: 900 }],
};

describe('the lifecycle, stage by step', () => {
  it.each(['direct', 'acme'])('has one answer for everything that %s can say of an offer', (party) => {
    const answers = Object.entries(offersOf(party)).map(([stage, steps]) => [
      stage,
      ...answerTypes.map((type) => {
        const said = { party, type, at: 1_700, ...(type === 'declined' || type === 'returned' ? { reason } : {}) };
        const verdict = judgeAnswer(standingAfter(...steps), said, 1_700);
        return verdict.outcome === 'refused' ? verdict.why : verdict.outcome;
      }),
    ]);
    expect(answers).toEqual(
      table(`
        offered   | taken           | taken            | not-accepted    | not-accepted    | not-accepted    | not-accepted    | not-accepted
        accepted  | repeated        | already-accepted | taken           | taken           | taken           | taken           | taken
        contacted | repeated        | already-accepted | repeated        | taken           | taken           | taken           | taken
        qualified | repeated        | already-accepted | step-back       | repeated        | taken           | taken           | not-returnable
        won       | repeated        | already-closed   | already-closed  | already-closed  | repeated        | already-closed  | already-closed
        lost      | repeated        | already-closed   | already-closed  | already-closed  | already-closed  | repeated        | already-closed
        returned  | repeated        | already-closed   | already-closed  | already-closed  | already-closed  | already-closed  | repeated
        declined  | offer-declined  | repeated         | offer-declined  | offer-declined  | offer-declined  | offer-declined  | offer-declined
        expired   | offer-expired   | offer-expired    | offer-expired   | offer-expired   | offer-expired   | offer-expired   | offer-expired
        withdrawn | offer-withdrawn | offer-withdrawn  | offer-withdrawn | offer-withdrawn | offer-withdrawn | offer-withdrawn | offer-withdrawn
      `),
    );
  });

  it('changes an offer by those answers that may follow its stage, and by no other', () => {
    for (const [stage, steps] of Object.entries(offersOf('acme'))) {
      const before = standingAfter(...steps);
      const changing = answerTypes.filter((type) => advance(before, answeredBy('acme', type)) !== before);
      expect([stage, changing]).toEqual([stage, mayFollow[stage as OfferStage]]);
    }
  });

  // Recycled is a lead whose last offer was returned, and that nothing has followed since; no other, a won one least of all.
  it('has one stage for every lead after everything that anybody else says of it', () => {
    const steps: readonly Step[] = [
      { type: 'received' },
      { type: 'held' },
      { type: 'completed' },
      { type: 'rejected' },
      { type: 'scored', state: 'graded', grade: 'B', score: 60 },
      { type: 'unroutable', notQualified: false, at: 1_900 },
      offerTo('bolt', { offer: 2 }),
      { type: 'overridden', at: 1_800 },
      { type: 'expired', offer: 1, at: 2_000 },
      { type: 'delivered', party: 'acme', at: 1_900 },
      { type: 'recycled' },
      { type: 'erased', at: 1_900 },
    ];
    // Only what changes is written; the rest leaves the lead where it is.
    const changes = leadStages.map((stage) => {
      const before = standingAfter(...leads[stage]);
      expect(before.state).toBe(stage);
      const states = steps.map((step) => advance(before, step).state);
      return [stage, ...states.map((state) => (state === stage ? '' : state))];
    });
    expect(changes).toEqual(
      table(`
        -             | received | held | completed | rejected | scored | unroutable | routed  | overridden | expired | delivered | recycled | erased
        new           | received | held |           | rejected | graded | unroutable | offered |            |         |           |          | erased
        rejected      |          |      |           |          | graded | unroutable | offered |            |         |           |          | erased
        held          |          |      | received  |          | graded | unroutable | offered |            |         |           |          | erased
        received      |          | held |           |          | graded | unroutable | offered |            |         |           |          | erased
        graded        |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        incomplete    |          |      |           |          | graded | unroutable | offered |            |         |           |          | erased
        not-qualified |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        unroutable    |          |      |           |          |        |            | offered |            |         |           |          | erased
        offered       |          |      |           |          |        |            |         | withdrawn  | expired |           |          | erased
        accepted      |          |      |           |          |        |            | offered | withdrawn  |         |           |          | erased
        contacted     |          |      |           |          |        |            | offered | withdrawn  |         |           |          | erased
        qualified     |          |      |           |          |        |            | offered | withdrawn  |         |           |          | erased
        won           |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        lost          |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        returned      |          |      |           |          |        | unroutable | offered |            |         |           | recycled | erased
        declined      |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        expired       |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        withdrawn     |          |      |           |          |        | unroutable | offered |            |         |           |          | erased
        recycled      |          |      |           |          | graded | unroutable | offered |            |         |           |          | erased
        erased        |          |      |           |          |        |            |         |            |         |           |          |
      `).slice(1),
    );
  });
});

/** The cells of a table as it is written. */
function table(text: string): string[][] {
  return text
    .trim()
    .split('\n')
    .map((line) => line.split('|').map((cell) => cell.trim()));
}

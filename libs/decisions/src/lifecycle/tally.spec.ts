import fc from 'fast-check';
import { advance } from './advance.js';
import { answeredBy, importedAs, offerTo, standingAfter, steps } from '../../test/lifecycle.fixture.js';
import { newLead } from './standing.js';
import { add, type Cell, cellOf, differences, nothing, subtract, type Tally, tallyOf } from './tally.js';

const counted = (tally: Tally) => Object.fromEntries(Object.entries(tally).filter(([, count]) => count !== 0));

describe('counting offers', () => {
  it('counts an offer where it was made, whatever becomes of it, and each step once', () => {
    const [offer] = standingAfter(
      offerTo('acme', { at: 86_400_000 * 20_000 + 5, acceptBy: 86_400_000 * 20_001 }),
      answeredBy('acme', 'accepted'),
      answeredBy('acme', 'qualified'),
      answeredBy('acme', 'lost', { reason: 'no-budget' }),
    ).offers;
    expect(differences([], offer ? [offer] : [])).toEqual([
      {
        cell: { pool: 'smb', policy: 'emea@1', day: 20_000, party: 'acme', grade: 'A', kind: 'share' },
        change: { ...nothing, offered: 1, accepted: 1, kept: 1, contacted: 1, qualified: 1, lost: 1 },
      },
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

  it('has only the change to add when a lead goes on, and nothing when it does not', () => {
    const before = standingAfter(offerTo('acme'));
    const after = advance(before, answeredBy('acme', 'accepted'));
    expect(differences(before.offers, after.offers).map(({ change }) => counted(change))).toEqual([
      { accepted: 1, open: -1 },
    ]);
    expect(differences(after.offers, after.offers)).toEqual([]);
  });

  it('moves a deal from elsewhere, whole, when it is told to have been somebody else’s', () => {
    const before = standingAfter(importedAs('won', { qualifiedAt: 1_200, closedAt: 1_300 }));
    const after = advance(before, importedAs('lost', { party: 'direct', closedAt: 1_300 }));
    const one = { offered: 1, accepted: 1, kept: 1 };
    const found = differences(before.offers, after.offers).map(({ cell, change }) => [cell.party, counted(change)]);
    expect(found).toEqual([
      ['acme', { offered: -1, accepted: -1, kept: -1, contacted: -1, qualified: -1, won: -1 }],
      ['direct', { ...one, lost: 1 }],
    ]);
  });

  it('sums to the same whether counted step by step or all at the end, and every offer has exactly one fate', () => {
    fc.assert(
      fc.property(fc.array(steps(), { maxLength: 30 }), (all) => {
        let standing = newLead;
        let running = nothing;
        const cells = new Map<string, Tally>();
        const put = (cell: Cell, change: Tally) => {
          const key = JSON.stringify(cell);
          cells.set(key, add(cells.get(key) ?? nothing, change));
        };
        for (const step of all) {
          const next = advance(standing, step);
          for (const { cell, change } of differences(standing.offers, next.offers)) {
            running = add(running, change);
            put(cell, change);
          }
          standing = next;
        }
        expect(running).toEqual(standing.offers.map(tallyOf).reduce(add, nothing));
        for (const offer of standing.offers) put(cellOf(offer), subtract(nothing, tallyOf(offer)));
        expect([...cells.values()].every((left) => Object.values(left).every((count) => count === 0))).toBe(true);
        const withdrawnUnanswered = standing.offers.filter(
          ({ stage, acceptedAt }) => stage === 'withdrawn' && acceptedAt === null,
        ).length;
        const { offered, accepted, declined, expired, open } = running;
        expect(accepted + declined + expired + open + withdrawnUnanswered).toBe(offered);
      }),
    );
  });
});

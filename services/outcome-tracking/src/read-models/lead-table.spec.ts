import type { Offer } from '@fairlead/decisions/replay';
import fc from 'fast-check';
import { type FollowedLead, LeadTable, unfollowed } from './lead-table.js';

const word = fc.constantFrom('acme', 'direct', 'smb', 'won', 'A', 'ü');
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const offers = fc.array(
  fc.record({
    ...{ party: word, pool: word, policy: word, grade: maybe(word), kind: word, reveal: word, stage: word },
    ...{ offeredAt: instant, acceptBy: instant, deliveredAt: maybe(instant), acceptedAt: maybe(instant) },
    ...{ contactedAt: maybe(instant), qualifiedAt: maybe(instant), closedAt: maybe(instant), reason: maybe(word) },
    amount: maybe(fc.record({ value: fc.double({ noNaN: true }), currency: fc.constantFrom('EUR', 'USD') })),
  }),
  { maxLength: 4 },
);
const step = fc.record({
  ...{ id: fc.nat(60).map(String), receivedAt: instant, touches: fc.nat(9), events: maybe(fc.nat()), state: word },
  ...{ grade: maybe(word), score: maybe(fc.nat(100)), isWritten: fc.boolean(), offers },
});

describe('a table of leads', () => {
  it('has each lead as it was set last, and tells those that are not written', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new LeadTable();
        const model = new Map<string, FollowedLead>();
        for (const { id, state, grade, score, offers: made, receivedAt, ...others } of steps) {
          expect(table.get(id)).toEqual(model.get(id));
          // A lead's offers become more, and never fewer.
          const before = model.get(id)?.standing.offers ?? [];
          const now = [...made, ...before.slice(made.length)].map(
            (offer, at) => ({ ...offer, number: at + 1 }) as Offer,
          );
          const standing = { state, grade, score, offers: now } as FollowedLead['standing'];
          const lead: FollowedLead = { ...unfollowed(id, receivedAt), ...others, standing };
          table.set(lead);
          model.set(id, lead);
        }
        for (const [id, lead] of model) expect(table.get(id)).toEqual(lead);
        expect([...table.unwritten()]).toEqual([...model.values()].filter(({ isWritten }) => !isWritten));
      }),
    );
  });

  it('keeps where the details of a lead are, whatever else changes of it', () => {
    const table = new LeadTable();
    for (let index = 0; index < 10_000; index++) table.set(unfollowed(String(index), index));
    expect(table.detailsOf('7')).toBeUndefined();
    table.setDetails('7', 0);
    table.setDetails('9999', 123_456_789_012);
    table.set({ ...unfollowed('7', 8), isWritten: true });
    expect([table.detailsOf('7'), table.detailsOf('9999'), table.detailsOf('8'), table.detailsOf('x')]).toEqual([
      ...[0, 123_456_789_012, undefined, undefined],
    ]);
  });
});

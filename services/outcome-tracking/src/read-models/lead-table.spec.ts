import type { Offer } from '@fairlead/decisions/fold';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FollowedLead, LeadTable, unfollowed } from './lead-table.js';
import { SpillFile } from '@fairlead/persistence/spill-file';

/** Hardly any of them is not a UUID; of those that are, some look alike to whoever looks at a part of them only. */
const idOf = (index: number) =>
  index % 10 === 0
    ? String(index)
    : `00000000-0000-4000-8000-${(index * 2_654_435_761).toString(16).padStart(12, '0')}`;
const word = fc.constantFrom('acme', 'direct', 'smb', 'won', 'A', 'ü');
const instant = fc.integer({ min: 0, max: 4_102_444_800_000 });
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const outcome = fc.record({ type: fc.constantFrom('won' as const, 'lost' as const), at: instant });
const offers = fc.array(
  fc.record({
    ...{ party: word, pool: word, policy: word, grade: maybe(word), kind: word, reveal: word, stage: word },
    ...{ offeredAt: instant, acceptBy: instant, deliveredAt: maybe(instant), acceptedAt: maybe(instant) },
    ...{ contactedAt: maybe(instant), qualifiedAt: maybe(instant), closedAt: maybe(instant), reason: maybe(word) },
    traits: maybe(word),
    corrections: fc.array(fc.record({ was: outcome, is: maybe(outcome), at: instant }), { maxLength: 2 }),
    amount: maybe(fc.record({ value: fc.double({ noNaN: true }), currency: fc.constantFrom('EUR', 'USD') })),
  }),
  { maxLength: 4 },
);
const step = fc.record({
  ...{
    id: fc.nat(60).map(idOf),
    isPutAside: fc.boolean(),
    receivedAt: instant,
    touches: fc.nat(9),
    events: maybe(fc.nat()),
    state: word,
  },
  ...{ grade: maybe(word), score: maybe(fc.nat(100)), isWritten: fc.boolean(), offers },
});

describe('a table of leads', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-table-'));
  const file = new SpillFile(join(folder, 'aside'));
  afterAll(() => {
    file.close();
    rmSync(folder, { recursive: true });
  });

  it('has each lead as it was set last, also when it was put aside since, and tells those that are not written', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const table = new LeadTable(file);
        const model = new Map<string, FollowedLead>();
        for (const { id, state, grade, score, offers: made, receivedAt, isPutAside, ...others } of steps) {
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
          if (lead.isWritten && isPutAside) table.putAside(id);
        }
        for (const [id, lead] of model) expect(table.get(id)).toEqual(lead);
        expect([...table.unwritten()]).toEqual([...model.values()].filter(({ isWritten }) => !isWritten));
      }),
    );
  });

  it('keeps where the details of a lead are, whatever else changes of it', () => {
    const table = new LeadTable(file);
    for (let index = 0; index < 10_000; index++) table.set(unfollowed(String(index), index));
    expect(table.detailsOf('7')).toBeUndefined();
    table.setDetails('7', 0);
    table.setDetails('9999', 123_456_789_012);
    table.set({ ...unfollowed('7', 8), isWritten: true });
    expect([table.detailsOf('7'), table.detailsOf('9999'), table.detailsOf('8'), table.detailsOf('x')]).toEqual([
      ...[0, 123_456_789_012, undefined, undefined],
    ]);
  });

  it('keeps where the details of a lead are while it is put aside', () => {
    const table = new LeadTable(file);
    table.set({ ...unfollowed('7', 8), isWritten: true });
    table.putAside('7');
    table.setDetails('7', 42);
    table.putAside('7');
    expect([table.detailsOf('7'), table.get('7')]).toEqual([42, { ...unfollowed('7', 8), isWritten: true }]);
  });
});

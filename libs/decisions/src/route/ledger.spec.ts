import fc from 'fast-check';
import {
  allocate,
  backForRefusing,
  type Credits,
  type Eligible,
  giveBack,
  Ledger,
  owedTo,
  settle,
} from './allocate.js';

const parties: readonly Eligible[] = Array.from({ length: 12 }, (_, index) => ({
  id: `p${index}`,
  weight: [1, 1, 3, 10_000, 7, 2][index % 6]!,
}));

describe('a ledger', () => {
  it('decides and keeps what a map does, whoever is eligible and whatever is given back', () => {
    const lists = fc.uniqueArray(fc.subarray([...parties], { minLength: 1 }), { minLength: 1, maxLength: 4 });
    const leads = fc.array(fc.tuple(fc.nat(), fc.constantFrom('taken', 'refused', 'given')), { maxLength: 200 });
    fc.assert(
      fc.property(lists, leads, (eligible, steps) => {
        const map: Credits = new Map<string, number>();
        const ledger = new Ledger();
        for (const [which, what] of steps) {
          // The ledger is asked about the same few lists again and again, the map about new ones.
          const list = eligible[which % eligible.length]!;
          const given = what === 'given' ? which % 1_000_000 : 0;
          const [expected, found] = [allocate([...list], map, given), allocate(list, ledger, given)];
          expect(found).toEqual(expected);
          settle(map, expected);
          settle(ledger, found);
          const winner = list[found.winner]!.id;
          if (what === 'refused')
            for (const each of [map, ledger]) giveBack(each, winner, backForRefusing(each, winner));
          if (what === 'given') for (const each of [map, ledger]) giveBack(each, winner, given);
          expect([...ledger]).toEqual([...map]);
          expect(list.map((_, index) => owedTo(list, ledger)(index))).toEqual(list.map(({ id }) => map.get(id) ?? 0));
        }
      }),
    );
  });

  it('goes on from credits that were kept, and knows who has none', () => {
    const ledger = new Ledger([
      ['acme', 5],
      ['bolt', -5],
    ]);
    expect([ledger.get('acme'), ledger.get('carl'), ledger.has('bolt'), ledger.has('carl')]).toEqual([
      5,
      undefined,
      true,
      false,
    ]);
    ledger.set('acme', 7);
    ledger.set('carl', -2);
    expect([...ledger]).toEqual([
      ['acme', 7],
      ['bolt', -5],
      ['carl', -2],
    ]);
    expect([...ledger.values()]).toEqual([7, -5, -2]);
  });

  it('refuses weights that nobody could compute with exactly', () => {
    const heavy = ['a', 'b', 'c'].map((id) => ({ id, weight: 2 ** 30 }));
    const ledger = new Ledger(heavy.map(({ id }) => [id, 0]));
    expect(() => allocate(heavy, ledger)).toThrow(RangeError);
  });
});

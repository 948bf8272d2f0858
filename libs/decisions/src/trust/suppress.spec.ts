import fc from 'fast-check';
import { type Behind, less, mayBeShown, mergedUntil, shownOfChain, shownOfParts } from './suppress.js';

const of = (...counts: number[]): Behind => new Map(counts.map((count, index) => [`other-${index}`, count]));
const someBehind = (parties = 3): fc.Arbitrary<Behind> =>
  fc.array(fc.oneof(fc.nat(3), fc.nat(60)), { minLength: parties, maxLength: parties }).map((counts) => of(...counts));
const total = (all: readonly Behind[]): Behind =>
  new Map(
    [...(all[0] ?? new Map<string, number>()).keys()].map((party) => [
      party,
      all.reduce((sum, each) => sum + (each.get(party) ?? 0), 0),
    ]),
  );

describe('what of all partners may be shown to one of them', () => {
  it.each([
    ['nothing: each would be known to have nothing', of(), false],
    ['nothing of several', of(0, 0, 0), false],
    ['one other: it would be known', of(100), false],
    ['one other that has any', of(100, 0), false],
    ['two others with four leads', of(2, 2), false],
    ['two others with five leads', of(3, 2), true],
    ['one so large that the total is nearly it', of(21, 2), false],
    ['one that leaves a tenth of itself to the rest', of(20, 2), true],
    ['a difference below zero', of(-1, 20, 20), false],
  ])('is not what has too little behind it: %s', (_, behind, may) => {
    expect(mayBeShown(behind)).toBe(may);
  });

  it('can be added up: of totals that may be shown, the sum may', () => {
    fc.assert(
      fc.property(someBehind(), someBehind(), (one, other) => {
        fc.pre(mayBeShown(one) && mayBeShown(other));
        expect(mayBeShown(total([one, other]))).toBe(true);
      }),
    );
  });

  it('tells of steps that follow one another no difference that may not be shown', () => {
    const names = ['offers', 'accepted', 'contacted', 'qualified', 'won'] as const;
    fc.assert(
      fc.property(
        fc.array(someBehind(), { minLength: 5, maxLength: 5 }),
        fc.shuffledSubarray(['accepted', 'contacted', 'qualified', 'won'] as const, { minLength: 4 }),
        (atoms, priority) => {
          const chain = names.map((name, index) => [name, total(atoms.slice(index))] as const);
          const shown = shownOfChain(chain, priority, mayBeShown);
          const numbers = chain.flatMap(([name, behind]) => (shown.has(name) ? [behind] : []));
          for (const [index, larger] of numbers.entries()) {
            expect(mayBeShown(larger)).toBe(true);
            for (const smaller of numbers.slice(index + 1)) expect(mayBeShown(less(larger, smaller))).toBe(true);
          }
          // And is not needlessly silent: what is first in line is shown wherever it may be.
          const [first] = priority;
          const behind = chain.find(([name]) => name === first)?.[1] as Behind;
          const [whole] = numbers;
          expect(shown.has(first as (typeof names)[number])).toBe(
            whole !== undefined && mayBeShown(behind) && mayBeShown(less(whole, behind)),
          );
        },
      ),
    );
  });

  it('leaves of parts that have nothing in common always enough for what is withheld', () => {
    const names = ['won', 'returned', 'lost'] as const;
    fc.assert(
      fc.property(fc.array(someBehind(), { minLength: 4, maxLength: 4 }), (atoms) => {
        const parts = names.map((name, index) => [name, atoms[index] as Behind] as const);
        const whole = total(atoms);
        const shown = shownOfParts(whole, parts, mayBeShown);
        const seen = parts.flatMap(([name, part]) => (shown.has(name) ? [part] : []));
        for (const part of seen) expect(mayBeShown(part)).toBe(true);
        if (seen.length > 0) expect(mayBeShown(less(whole, total(seen)))).toBe(true);
      }),
    );
  });

  it('puts neighbours together until there are enough, and loses none', () => {
    expect(mergedUntil([1, 2, 9, 9, 1, 1], (group) => group.reduce((sum, each) => sum + each) >= 5)).toEqual([
      [1, 2, 9],
      [9, 1, 1],
    ]);
    expect(mergedUntil([1, 2], () => false)).toEqual([]);
    fc.assert(
      fc.property(fc.array(someBehind(), { maxLength: 6 }), (cells) => {
        const groups = mergedUntil(cells, (group) => mayBeShown(total(group)));
        if (groups.length > 0) expect(groups.flat()).toEqual(cells);
        for (const group of groups) expect(mayBeShown(total(group))).toBe(true);
      }),
    );
  });
});

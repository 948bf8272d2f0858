import fc from 'fast-check';
import {
  allocate,
  backForRefusing,
  type Credits,
  type Eligible,
  giveBack,
  LEAD,
  settle,
  UNCLAIMED,
} from './allocate.js';

const weights = (min: number, max: number) =>
  fc.oneof(
    fc.array(fc.constant(1), { minLength: min, maxLength: max }),
    fc.array(fc.integer({ min: 1, max: 10_000 }), { minLength: min, maxLength: max }),
    // Heavy tails: a few large among many small is what breaks a rule that always serves the largest credit.
    fc.array(fc.constantFrom(1, 1, 1, 2, 8, 100, 1_000, 10_000), { minLength: min, maxLength: max }),
  );

/** Ids in no particular relation to weights. */
function parties(list: readonly number[]): Eligible[] {
  return list.map((weight, index) => ({ id: `p${String(index).padStart(3, '0')}`, weight }));
}

function next(eligible: readonly Eligible[], credits: Credits): Eligible {
  const allocation = allocate(eligible, credits);
  settle(credits, allocation);
  return eligible[allocation.winner]!;
}

const sum = (credits: Credits) => [...credits.values()].reduce((total, credit) => total + credit, 0);

describe('allocation', () => {
  it('gives every lead to the only party there is, which then owes nothing', () => {
    const credits: Credits = new Map();
    const [acme] = parties([7]);
    for (let lead = 0; lead < 3; lead++) expect(next([acme!], credits)).toBe(acme);
    expect(credits).toEqual(new Map([['p000', 0]]));
  });

  it('serves 40 to 60 in the same order every time', () => {
    const credits: Credits = new Map();
    const sides = [
      { id: 'channel', weight: 60 },
      { id: 'direct', weight: 40 },
    ];
    const order = Array.from({ length: 10 }, () => next(sides, credits).id.charAt(0)).join('');
    expect(order).toBe('cdcdccdcdc');
    expect(credits).toEqual(
      new Map([
        ['channel', 0],
        ['direct', 0],
      ]),
    );
  });

  it('breaks ties by id, whatever the order in which parties are listed', () => {
    const [a, b, c] = parties([5, 5, 5]) as [Eligible, Eligible, Eligible];
    expect(next([c, a, b], new Map())).toBe(a);
    const second: Credits = new Map();
    expect(Array.from({ length: 3 }, () => next([b, c, a], second).id)).toEqual(['p000', 'p001', 'p002']);
  });

  it('follows the published rule to the letter, computed with exact fractions', () => {
    fc.assert(
      fc.property(weights(1, 12), fc.array(fc.nat(), { minLength: 1, maxLength: 100 }), (list, masks) => {
        const all = parties(list);
        const credits: Credits = new Map();
        for (const mask of masks) {
          const some = all.filter((_, index) => (mask >> (index % 31)) & 1);
          const eligible = some.length > 0 ? some : all;
          expect(eligible[allocate(eligible, credits).winner]).toBe(winnerByTheBook(eligible, credits));
          next(eligible, credits);
        }
      }),
    );
  });

  it('never strays a whole lead from what was promised while the same parties are eligible, nor beyond 1 − t', () => {
    fc.assert(
      fc.property(weights(2, 40), fc.integer({ min: 1, max: 3_000 }), (list, count) => {
        const all = parties(list);
        expect(worstDeviation(all, count)).toBeLessThanOrEqual(1 - 1 / (2 * all.length - 2) + 1e-6);
      }),
      { numRuns: 60 },
    );
  });

  it.each([
    [1, 1, 8, 8, 1, 1, 100, 100, 1],
    [1, 10_000],
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 10_000],
    [9_999, 10_000, 1],
    Array.from({ length: 100 }, () => 1),
    Array.from({ length: 60 }, (_, index) => (index % 10 === 0 ? 10_000 : 7)),
  ])('keeps that bound for weights known to break other rules: %p', (...list: number[]) => {
    const all = parties(list);
    expect(worstDeviation(all, 5_000)).toBeLessThanOrEqual(1 - 1 / (2 * all.length - 2) + 1e-6);
  });

  it('never strays more than half a lead with two parties', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 3_000 }), (share, count) => {
        const sides = parties([share, 100 - share]);
        expect(worstDeviation(sides, count)).toBeLessThanOrEqual(0.5);
      }),
    );
  });

  it('never strays more than two leads from what each is owed when eligibility is random', () => {
    fc.assert(
      fc.property(weights(2, 40), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (list, chance) => {
        const all = parties(list);
        const credits: Credits = new Map();
        const often = chance.next().value as number;
        let worst = 0;
        for (let lead = 0; lead < 400; lead++) {
          const some = all.filter(() => (chance.next().value as number) < often);
          next(some.length > 0 ? some : all, credits);
          for (const credit of credits.values()) worst = Math.max(worst, Math.abs(credit));
        }
        expect(worst / LEAD).toBeLessThanOrEqual(2);
      }),
      { numRuns: 40 },
    );
  });

  it('keeps what all are owed at exactly nothing, whoever is eligible and whatever is given back', () => {
    fc.assert(
      fc.property(
        weights(1, 30),
        fc.array(fc.tuple(fc.nat(), fc.boolean()), { minLength: 1, maxLength: 300 }),
        (list, leads) => {
          const all = parties(list);
          const credits: Credits = new Map();
          for (const [mask, refused] of leads) {
            const some = all.filter((_, index) => (mask >> (index % 31)) & 1);
            const winner = next(some.length > 0 ? some : all, credits);
            if (refused) giveBack(credits, winner.id, backForRefusing(credits, winner.id));
            expect(sum(credits)).toBe(0);
            expect([...credits.values()].every(Number.isSafeInteger)).toBe(true);
          }
        },
      ),
    );
  });

  it('stays exact with as many parties and as much weight as there can be', () => {
    const all = Array.from({ length: 200_000 }, (_, index) => ({ id: `p${index}`, weight: 10_000 - (index % 7) }));
    const credits: Credits = new Map();
    for (let lead = 0; lead < 3; lead++) next(all, credits);
    expect(sum(credits)).toBe(0);
    const total = all.reduce((weight, party) => weight + party.weight, 0);
    const third = all[2]!;
    expect(credits.get(third.id)).toBe(3 * Number((BigInt(LEAD) * BigInt(third.weight)) / BigInt(total)));
  });

  it('refuses weights that it could not compute with exactly', () => {
    expect(() => allocate([{ id: 'a', weight: 2 ** 31 }], new Map())).toThrow(RangeError);
    expect(() => allocate([], new Map())).toThrow(RangeError);
  });
});

describe('what is given back', () => {
  const [acme, bolt] = parties([1, 1]) as [Eligible, Eligible];

  it('is half the lead, and is not earned a second time', () => {
    const credits: Credits = new Map();
    expect(next([acme, bolt], credits)).toBe(acme);
    expect(backForRefusing(credits, acme.id)).toBe(LEAD / 2);
    giveBack(credits, acme.id, LEAD / 2);
    expect([...credits]).toEqual([
      ['p000', 0],
      ['p001', LEAD / 2],
      [UNCLAIMED, -LEAD / 2],
    ]);

    // The re-offer of the lead: bolt earns the half that is left and pays the whole.
    expect(next([bolt], credits)).toBe(bolt);
    expect([...credits]).toEqual([
      ['p000', 0],
      ['p001', 0],
      [UNCLAIMED, 0],
    ]);
  });

  it('never leaves anybody owed something', () => {
    expect(backForRefusing(new Map([['acme', -LEAD / 4]]), 'acme')).toBe(LEAD / 4);
    expect(backForRefusing(new Map([['acme', LEAD / 4]]), 'acme')).toBe(0);
  });

  it('gets whoever refuses everything no more than twice its share of the offers', () => {
    fc.assert(
      fc.property(weights(2, 15), fc.integer({ min: 50, max: 500 }), (list, count) => {
        const all = parties(list);
        const [sleeper, ...others] = all as [Eligible, ...Eligible[]];
        const credits: Credits = new Map();
        let offered = 0;
        for (let lead = 0; lead < count; lead++) {
          if (next(all, credits) !== sleeper) continue;
          offered++;
          giveBack(credits, sleeper.id, backForRefusing(credits, sleeper.id));
          next(others, credits);
        }
        const share = sleeper.weight / all.reduce((total, { weight }) => total + weight, 0);
        expect(offered).toBeLessThanOrEqual(2 * share * count + 3);
        const furthest = Math.max(...[...credits.values()].map(Math.abs));
        expect(furthest / LEAD).toBeLessThanOrEqual(2);
      }),
    );
  });
});

/** At every prefix: how far anybody is from its exact share of the leads so far. */
function worstDeviation(all: readonly Eligible[], count: number): number {
  const total = all.reduce((weight, party) => weight + party.weight, 0);
  const received = all.map(() => 0);
  const credits: Credits = new Map();
  let worst = 0;
  for (let lead = 1; lead <= count; lead++) {
    const allocation = allocate(all, credits);
    settle(credits, allocation);
    received[allocation.winner]!++;
    for (let index = 0; index < all.length; index++) {
      worst = Math.max(worst, Math.abs(received[index]! - (all[index]!.weight * lead) / total));
    }
  }
  return worst;
}

/** The rule as the docstring has it, in big integers: everything times (2n − 2) and the total weight. */
function winnerByTheBook(eligible: readonly Eligible[], credits: Credits): Eligible {
  const n = BigInt(eligible.length);
  if (n === 1n) return eligible[0]!;
  const total = eligible.reduce((weight, party) => weight + BigInt(party.weight), 0n);
  const lead = BigInt(LEAD);
  const claimed = -BigInt(credits.get(UNCLAIMED) ?? 0);
  // t is rounded up to a unit, shares down, as the docstring says.
  const t = (lead + (2n * n - 2n) - 1n) / (2n * n - 2n);
  const judged = eligible.map((party) => ({
    party,
    weight: BigInt(party.weight),
    credit: BigInt(credits.get(party.id) ?? 0) + ((lead - claimed) * BigInt(party.weight)) / total,
  }));
  const byId = (a: Eligible, b: Eligible) => (a.id < b.id ? -1 : 1);
  const largest = judged.toSorted((a, b) =>
    a.credit === b.credit ? byId(a.party, b.party) : a.credit > b.credit ? -1 : 1,
  )[0]!;
  if (largest.credit > lead - t || largest.credit < t) return largest.party;
  return judged
    .filter(({ credit }) => credit >= t)
    .toSorted((a, b) => {
      const order = (lead - t - a.credit) * b.weight - (lead - t - b.credit) * a.weight;
      return order === 0n ? byId(a.party, b.party) : order < 0n ? -1 : 1;
    })[0]!.party;
}

import { type Rate, rate } from './rate.js';
import { inOrder, type Stratum, together } from './stratum.js';
import { type Estimated, type Term, weightedSum } from './weighted-sum.js';

/** Why one side converts more of its leads than the other: differences of shares of 1, each with its 95 % interval. */
export interface Gap {
  /** The one's crude rate less the other's: `betterLeads` and `betterWork`, to the last bit. */
  readonly gap: Estimated;
  /** What the mixes make of it: how far the gap would remain if both did the same with each kind of lead. */
  readonly betterLeads: Estimated;
  /** What the rates make of it: how far the gap would remain if both had the same mix. */
  readonly betterWork: Estimated;
}

interface Pair {
  /** Of the side's own leads, the share that is of this kind. */
  readonly shares: readonly [one: number, other: number];
  readonly rates: readonly [one: Rate, other: Rate];
}

/**
 * Splits the gap between two crude rates in two parts that add up to it, none left over: kind by kind, the difference of the shares
 * times the mean of the rates, and the difference of the rates times the mean of the shares. Neither side is the standard,
 * so the sides can be exchanged, and only signs change.
 *
 * Where a side has no lead of a kind, its rate there is not known and taken to be the other's: all of it is then told as a difference of
 * the leads, none of the work.
 *
 * Kitagawa, E. M. (1955): Components of a difference between two rates. JASA 50, 1168–1194. The intervals take the mixes as facts, which
 * they are, and the rates as observed in so many leads: those of weighted sums of the rates, see `weightedSum`.
 * @returns undefined when one of them has no leads: there is no gap to nothing
 */
export function decomposeGap(one: readonly Stratum[], other: readonly Stratum[]): Gap | undefined {
  const pairs = pairsOf(inOrder(one), inOrder(other));
  if (!pairs) return undefined;
  const leads = weightedSum(
    pairs.flatMap(({ shares: [s1, s2], rates: [r1, r2] }): Term[] => {
      const apart = s1 - s2;
      if (r1.trials === 0) return [{ weight: apart, rate: r2 }];
      if (r2.trials === 0) return [{ weight: apart, rate: r1 }];
      return [
        { weight: apart / 2, rate: r1 },
        { weight: apart / 2, rate: r2 },
      ];
    }),
  );
  const work = weightedSum(
    pairs.flatMap(({ shares: [s1, s2], rates: [r1, r2] }): Term[] => {
      if (r1.trials === 0 || r2.trials === 0) return [];
      const mean = (s1 + s2) / 2;
      return [
        { weight: mean, rate: r1 },
        { weight: -mean, rate: r2 },
      ];
    }),
  );
  const crude = weightedSum([
    { weight: 1, rate: ofAll(one) },
    { weight: -1, rate: ofAll(other) },
  ]);
  // The parts themselves, and not the difference of the crude rates, which is the same but for its last bit.
  const value = leads.value + work.value;
  return {
    gap: { value, low: Math.min(value, crude.low), high: Math.max(value, crude.high) },
    betterLeads: leads,
    betterWork: work,
  };
}

function pairsOf(one: readonly Stratum[], other: readonly Stratum[]): Pair[] | undefined {
  const [all1, all2] = [together(one).trials, together(other).trials];
  if (all1 === 0 || all2 === 0) return undefined;
  const [byName1, byName2] = [one, other].map((strata) => new Map(strata.map((each) => [each.name, each]))) as [
    Map<string, Stratum>,
    Map<string, Stratum>,
  ];
  // Of both, in their one order.
  return inOrder([...one, ...other]).map(({ name }) => {
    const [s1, s2] = [byName1.get(name), byName2.get(name)];
    return {
      shares: [(s1?.trials ?? 0) / all1, (s2?.trials ?? 0) / all2],
      rates: [rate(s1?.successes ?? 0, s1?.trials ?? 0), rate(s2?.successes ?? 0, s2?.trials ?? 0)],
    };
  });
}

function ofAll(strata: readonly Stratum[]): Rate {
  const { successes, trials } = together(strata);
  return rate(successes, trials);
}

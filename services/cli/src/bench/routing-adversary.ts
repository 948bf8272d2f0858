// How far from its due somebody could bring a party who chooses, lead by lead, who can take the next one; beside what chance
// does, and beside two simpler rules. No clock and no machine in it: the same figures everywhere.
import { allocate, type Eligible, LEAD } from '@fairlead/decisions';

export interface AdversaryOptions {
  /** Numbers of parties. */
  readonly parties: readonly number[];
  /** Leads for each adversary and each simulation. */
  readonly maxLeads: number;
  readonly onProgress: (text: string) => void;
}

/** In leads: the furthest that any party was from what it was owed, after any lead. */
export type Furthest = Readonly<Record<RuleName, number>>;

export interface AdversaryResult {
  readonly fixed: readonly { readonly weights: string; readonly furthest: Furthest }[];
  readonly random: readonly { readonly weights: WeightsName; readonly furthest: Furthest }[];
  readonly adversary: readonly {
    readonly parties: number;
    readonly weights: WeightsName;
    readonly furthest: Furthest;
    /** Rules that would let it go on when it had used up its leads. */
    readonly unfinished: readonly RuleName[];
  }[];
}

export const ruleNames = ['ours', 'largest', 'tijdeman'] as const;
export type RuleName = (typeof ruleNames)[number];

type Credits = Map<string, number>;
/** After the lead: what each of the eligible is owed, in their order. */
type Rule = (eligible: readonly Eligible[], credits: Credits) => readonly number[];

const rules: Readonly<Record<RuleName, Rule>> = {
  ours: (eligible, credits) => allocate(eligible, credits).after,
  largest: chosenBy(largest),
  tijdeman: chosenBy(earliestDeadline),
};

/** The credits of the largest rule and of Tijdeman's are floats; a difference below this is none. */
const NOTHING = 1;

function chosenBy(choose: (eligible: readonly Eligible[], credits: readonly number[]) => number): Rule {
  return (eligible, credits) => {
    const total = eligible.reduce((sum, { weight }) => sum + weight, 0);
    const after = eligible.map(({ id, weight }) => (credits.get(id) ?? 0) + (LEAD * weight) / total);
    const winner = choose(eligible, after);
    after[winner] = (after[winner] ?? 0) - LEAD;
    return after;
  };
}

function largest(_: readonly Eligible[], credits: readonly number[]): number {
  return credits.reduce((best, credit, index) => (credit > (credits[best] ?? 0) + NOTHING ? index : best), 0);
}

/** Tijdeman's rule as it stands; when nobody is released, which cannot be while all are always eligible, the largest. */
function earliestDeadline(eligible: readonly Eligible[], credits: readonly number[]): number {
  if (eligible.length === 1) return 0;
  const threshold = LEAD / (2 * eligible.length - 2);
  const deadline = (index: number) => (LEAD - threshold - (credits[index] ?? 0)) / (eligible[index]?.weight ?? 1);
  const released = [...credits.keys()].filter((index) => (credits[index] ?? 0) >= threshold - NOTHING);
  const [first] = released;
  if (first === undefined) return largest(eligible, credits);
  return released.reduce((best, index) => (deadline(index) < deadline(best) - 1e-6 ? index : best), first);
}

const weightsOf = {
  equal: () => 1,
  uniform: (index: number) => 1 + ((index * 37) % 100),
  'heavy-tailed': (index: number) => [1, 1, 2, 8, 1, 100, 1, 1_000][index % 8] ?? 1,
} as const;
export type WeightsName = keyof typeof weightsOf;

function partiesOf(weights: readonly number[]): Eligible[] {
  return weights.map((weight, index) => ({ id: `p${String(index).padStart(3, '0')}`, weight }));
}

export async function benchAdversary({ parties, maxLeads, onProgress }: AdversaryOptions): Promise<AdversaryResult> {
  onProgress('the same parties for every lead');
  const fixed = [
    [1, 1, 8, 8, 1, 1, 100, 100, 1],
    [1, 1, 1, 1, 1, 1, 1, 1, 1, 1_000],
    Array.from({ length: 64 }, (_, index) => weightsOf['heavy-tailed'](index)),
  ].map((weights) => ({
    weights: weights.length > 12 ? `${weights.length} heavy-tailed` : weights.join(' '),
    furthest: forEachRule((rule) => always(partiesOf(weights), rule, maxLeads)),
  }));

  const random = (['equal', 'uniform', 'heavy-tailed'] as const).map((weights) => {
    onProgress(`parties that can take a lead by chance, weights ${weights}`);
    return { weights, furthest: forEachRule((rule) => atRandom(weights, parties, rule, maxLeads)) };
  });

  const adversary = [];
  for (const count of parties) {
    for (const weights of ['equal', 'heavy-tailed'] as const) {
      onProgress(`an adversary against ${count} parties, weights ${weights}`);
      const all = partiesOf(Array.from({ length: count }, (_, index) => weightsOf[weights](index)));
      const unfinished: RuleName[] = [];
      const furthest = forEachRule((rule, name) => {
        const forced = force(all, rule, maxLeads);
        if (!forced.finished) unfinished.push(name);
        return forced.furthest;
      });
      adversary.push({ parties: count, weights, furthest, unfinished });
      // Progress is shown, and Ctrl-C heard, between two of them.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  return { fixed, random, adversary };
}

function forEachRule(measure: (rule: Rule, name: RuleName) => number): Furthest {
  const { ours, largest, tijdeman } = rules;
  return {
    ours: measure(ours, 'ours'),
    largest: measure(largest, 'largest'),
    tijdeman: measure(tijdeman, 'tijdeman'),
  };
}

function always(all: readonly Eligible[], rule: Rule, leads: number): number {
  const credits: Credits = new Map();
  let furthest = 0;
  for (let lead = 0; lead < leads; lead++) furthest = Math.max(furthest, settle(credits, all, rule(all, credits)));
  return furthest;
}

/** Over every number of parties, and as often a party is likely to be able as it is not. */
function atRandom(weights: WeightsName, parties: readonly number[], rule: Rule, leads: number): number {
  const random = randomFrom(1);
  let furthest = 0;
  for (const count of parties) {
    const all = partiesOf(Array.from({ length: count }, (_, index) => weightsOf[weights](index)));
    for (const likely of [0.05, 0.2, 0.5, 0.8, 0.95]) {
      const credits: Credits = new Map();
      for (let lead = 0; lead < leads; lead++) {
        const able = all.filter(() => random() < likely);
        const eligible = able.length > 0 ? able : all;
        furthest = Math.max(furthest, settle(credits, eligible, rule(eligible, credits)));
      }
    }
  }
  return furthest;
}

/** The longest set of neighbours that the adversary tries: longer ones gained it nothing in trials, and cost much. */
const LONGEST_RUN = 8;

/**
 * A greedy adversary. Before each lead it puts the parties in the order of what they are owed, tries every pair, and every
 * run of 3 to 8 neighbours, on the rule itself, and takes the set after which the squares of all credits add up to most.
 * It ends when no set makes them more, or with its leads. With pairs of equal weight that is a game of chips: of two that
 * are owed the same, one moves half a lead up and the other half a lead down, until all stand half a lead apart, over n/4
 * leads to either side. A cleverer adversary may force more.
 */
function force(all: readonly Eligible[], rule: Rule, maxLeads: number): { furthest: number; finished: boolean } {
  const credits: Credits = new Map(all.map(({ id }) => [id, 0]));
  let furthest = 0;
  for (let lead = 0; lead < maxLeads; lead++) {
    const owed = all.toSorted((a, b) => (credits.get(b.id) ?? 0) - (credits.get(a.id) ?? 0) || (a.id < b.id ? -1 : 1));
    let best: { gain: number; eligible: readonly Eligible[]; after: readonly number[] } | undefined;
    const attempt = (eligible: readonly Eligible[]) => {
      const after = rule(eligible, credits);
      let gain = 0;
      for (let index = 0; index < eligible.length; index++) {
        const [then, before] = [(after[index] ?? 0) / LEAD, (credits.get(eligible[index]?.id ?? '') ?? 0) / LEAD];
        gain += then * then - before * before;
      }
      if (gain > (best?.gain ?? 1e-9)) best = { gain, eligible, after };
    };
    for (let from = 0; from < owed.length; from++) {
      const party = owed[from] as Eligible;
      for (let to = from + 1; to < owed.length; to++) {
        attempt([party, owed[to] as Eligible]);
        if (to - from >= 2 && to - from < LONGEST_RUN) attempt(owed.slice(from, to + 1));
      }
    }
    if (!best) return { furthest, finished: true };
    furthest = Math.max(furthest, settle(credits, best.eligible, best.after));
  }
  return { furthest, finished: false };
}

/** @returns the furthest that one of them is now from what it is owed, in leads */
function settle(credits: Credits, eligible: readonly Eligible[], after: readonly number[]): number {
  let furthest = 0;
  for (let index = 0; index < eligible.length; index++) {
    const credit = after[index] ?? 0;
    credits.set(eligible[index]?.id ?? '', credit);
    furthest = Math.max(furthest, Math.abs(credit) / LEAD);
  }
  return furthest;
}

/** mulberry32: 0 up to 1, the same numbers on every machine. */
export function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

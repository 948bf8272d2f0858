import type { Chance } from './random.js';
import type { Habits } from './vendor.js';

/** What a party will say about an offer, and how long after the step before. */
export interface Plan {
  readonly answer: 'accept' | 'decline' | 'forget';
  readonly reason?: string;
  readonly afterMs: number;
  readonly outcomes: readonly PlannedOutcome[];
}

export interface PlannedOutcome {
  readonly afterMs: number;
  readonly type: 'contacted' | 'qualified' | 'won' | 'lost' | 'returned';
  readonly reason?: string;
  readonly amount?: { readonly value: number; readonly currency: string };
}

interface Odds {
  readonly contacted: number;
  /** Of those contacted. */
  readonly qualified: number;
  /** Of those qualified. */
  readonly won: number;
  readonly returned: number;
  readonly amount: readonly [from: number, to: number];
}

/** What a lead of a grade is worth: the same in everybody's hands. The grade makes the difference, as it does in life. */
const odds: Readonly<Record<string, Odds>> = {
  A: { contacted: 0.97, qualified: 0.45, won: 0.4, returned: 0.01, amount: [20_000, 180_000] },
  B: { contacted: 0.9, qualified: 0.28, won: 0.3, returned: 0.03, amount: [8_000, 90_000] },
  C: { contacted: 0.75, qualified: 0.14, won: 0.22, returned: 0.07, amount: [4_000, 40_000] },
  D: { contacted: 0.5, qualified: 0.05, won: 0.15, returned: 0.18, amount: [2_000, 15_000] },
};
const oddsWithoutGrade: Odds = { contacted: 0.6, qualified: 0.12, won: 0.25, returned: 0.15, amount: [4_000, 40_000] };

const reasonsToLose = ['no-budget', 'no-interest', 'not-ready', 'no-fit'] as const;
/** Closing takes a while; in the half minute of a campaign some opportunities are still open at the end. */
const CLOSED = 0.75;

export function planFor(habits: Habits, grade: string | null, some: Chance): Plan {
  const [from, to] = habits.answersAfter;
  const afterMs = Math.round(1_000 * (from + some.next() * (to - from)));
  if (some.is(habits.forgets)) return { answer: 'forget', afterMs, outcomes: [] };
  if (some.is(habits.declines)) return { answer: 'decline', reason: habits.reason, afterMs, outcomes: [] };
  const known = grade === null ? undefined : odds[grade];
  return { answer: 'accept', afterMs, outcomes: outcomesOf(known ?? oddsWithoutGrade, habits.skill, some) };
}

function outcomesOf(of: Odds, skill: number, some: Chance): PlannedOutcome[] {
  const soon = (): number => some.between(300, 2_000);
  if (some.is(of.returned)) {
    const reason = some.oneOf(['unable-to-reach', 'inaccurate-data', 'no-interest']);
    return [{ type: 'returned', reason, afterMs: soon() }];
  }
  if (!some.is(of.contacted)) return [];
  if (!some.is(of.qualified * skill)) {
    const contacted: PlannedOutcome = { type: 'contacted', afterMs: soon() };
    if (!some.is(0.3)) return [contacted];
    return [contacted, { type: 'lost', reason: some.oneOf(reasonsToLose), afterMs: soon() }];
  }
  // Who qualifies a lead has reached it; half of them do not bother to report the call beforehand.
  const contacted: PlannedOutcome[] = some.is(0.5) ? [{ type: 'contacted', afterMs: soon() }] : [];
  const qualified: PlannedOutcome = { type: 'qualified', afterMs: soon() };
  if (!some.is(CLOSED)) return [...contacted, qualified];
  const [low, high] = of.amount;
  const closed: PlannedOutcome = some.is(of.won * skill)
    ? { type: 'won', amount: { value: some.between(low / 100, high / 100) * 100, currency: 'EUR' }, afterMs: soon() }
    : { type: 'lost', reason: some.oneOf(reasonsToLose), afterMs: soon() };
  return [...contacted, qualified, closed];
}

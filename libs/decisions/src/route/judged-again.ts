import type { Grade, LeadState } from '@fairlead/events';

interface Judgement {
  readonly state: LeadState;
  readonly grade: Grade | null;
}

const worthOf: Readonly<Record<Grade, number>> = { A: 5, B: 4, C: 3, D: 2 };

function worth({ state, grade }: Judgement): number {
  if (state === 'not-qualified') return 0;
  return grade === null ? 1 : worthOf[grade];
}

/** From not qualified over incomplete to the grades, D to A. */
export function isJudgedBetter(before: Judgement, now: Judgement): boolean {
  return worth(now) > worth(before);
}

/**
 * Whether a lead that is judged once more is routed once more: nobody has it, nobody ever had it, and it is judged better than
 * when it went to nobody. That is the moment at which it becomes worth a seller's time. Whoever was offered it keeps it, and one
 * that was refused or is closed goes to somebody else only as the policy says of refusals, or by a person.
 * @param made  how many offers of it there were
 */
export function mayBeRoutedAgain(before: Judgement & { readonly made: number }, now: Judgement): boolean {
  return before.made === 0 && isJudgedBetter(before, now);
}

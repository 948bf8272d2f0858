import type { ConsentState, Grade, LeadState } from '@fairlead/events';
import { consentAllowsChannel } from './consent.js';
import { DIRECT } from './party.js';
import type { Policy } from './policy.js';
import { poolFor, type RoutableLead } from './route-lead.js';

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

/** A lead that was decided about, as far as it matters when more of it is told. */
export interface DecidedLead extends Judgement {
  readonly pool: string;
  /** How many offers of it there were. */
  readonly made: number;
  /** Who was offered it last and has not answered; null: nobody. */
  readonly waitsFor: string | null;
  /** Whether nobody was offered it for nothing but that the person had not agreed. */
  readonly lacksConsent: boolean;
  readonly consent: ConsentState;
}

/**
 * Whether another word about the person's consent leads to another decision. Who agrees after all is offered to those who could not
 * have them. Who does not agree any more is taken from a partner that has not answered yet, since to accept is to be told whom to call;
 * a partner that works on the lead knows already. Where it is not the consent that changed, an offer stays whatever the policy has
 * come to say of it.
 * @param now  as it is told now
 */
export function whyConsentDecides(
  before: DecidedLead,
  now: RoutableLead,
  policy: Policy,
): 'consent-given' | 'consent-withdrawn' | undefined {
  const allows = consentAllowsChannel(now, poolFor({ ...now, earlier: { ...nothing, pool: before.pool } }, policy));
  if (before.waitsFor === null) return before.lacksConsent && allows ? 'consent-given' : undefined;
  const isTaken = before.waitsFor !== DIRECT && before.consent !== now.consent && !allows;
  return isTaken ? 'consent-withdrawn' : undefined;
}

const nothing = { made: 0, refusedBy: [], because: 'declined', paidBy: null } as const;

import { wrongWithAmount } from '@fairlead/decisions';
import { type FieldError, invalidInput } from '@fairlead/platform';
import type { GivenAmendment, GivenAnswer } from '../given-answer.js';
import type { ReportOutcome } from './answers.dto.js';

type ByCaller = 'leadId' | 'party' | 'actor' | 'idempotency';
/** What is said of a lead, whoever says it. */
export type Said = Omit<GivenAnswer, ByCaller> | Omit<GivenAmendment, ByCaller>;

/**
 * An outcome, or the correction of one.
 * @throws Problem that names every field that does not go with the others
 */
export function reported(body: ReportOutcome): Said {
  refuseMismatch(body);
  const { type, corrects } = body;
  const at = instantOf(body.at, '/at');
  const { reason, amount, ...others } = given(body);
  const is = type === 'mistaken' ? undefined : { type, at, reason, amount };
  if (corrects) {
    const wrong = {
      type: corrects.type,
      at: instantOf(corrects.at, '/corrects/at'),
      reason: corrects.reason ?? undefined,
      amount: corrects.amount ?? undefined,
    };
    return { ...others, corrects: wrong, is };
  }
  // Without something to correct, `refuseMismatch` lets no mistake through.
  return { ...others, ...(is as NonNullable<typeof is>) };
}

function refuseMismatch(body: ReportOutcome): void {
  const { type, corrects } = body;
  const errors: FieldError[] = [...mismatches(body), ...(corrects ? mismatches(corrects, '/corrects') : [])];
  if (type === 'returned' && body.reason == null) errors.push({ field: '/reason', detail: 'returned needs a reason' });
  if (type === 'mistaken' && !corrects) errors.push({ field: '/corrects', detail: 'mistaken needs what it corrects' });
  if (type === 'mistaken' && body.at != null)
    errors.push({ field: '/at', detail: 'what had not happened has no time' });
  const wrong = body.amount && wrongWithAmount(body.amount);
  if (wrong) errors.push({ field: `/amount/${wrong.field}`, detail: wrong.detail });
  if (errors.length > 0) throw invalidInput(errors);
}

function mismatches(
  { type, reason, amount }: Pick<ReportOutcome, 'type' | 'reason' | 'amount'>,
  within = '',
): FieldError[] {
  const errors: FieldError[] = [];
  if (type !== 'returned' && type !== 'lost' && reason != null)
    errors.push({ field: `${within}/reason`, detail: 'only lost and returned have a reason' });
  if (type !== 'won' && amount != null) errors.push({ field: `${within}/amount`, detail: 'only won has an amount' });
  return errors;
}

function instantOf(at: string | null | undefined, field: string): number | undefined {
  if (at == null) return undefined;
  const instant = Date.parse(at);
  // The pattern lets 2026-02-30T25:00:00Z through.
  if (!Number.isInteger(instant) || instant < 0) throw invalidInput([{ field, detail: 'there is no such time' }]);
  return instant;
}

/** A field that was sent as null counts as not sent. */
export function given(body: Partial<Omit<ReportOutcome, 'type' | 'at'>> | undefined) {
  return {
    offer: body?.offer ?? undefined,
    reason: body?.reason ?? undefined,
    amount: body?.amount ?? undefined,
    note: body?.note ?? undefined,
  };
}

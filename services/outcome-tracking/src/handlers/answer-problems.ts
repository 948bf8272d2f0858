import type { AnswerRefusal } from '@fairlead/decisions';
import { invalidInput, notFound, Problem } from '@fairlead/platform';

/** How soon to come again for an offer that has not come in yet; by then it has, or something is down. */
const RETRY_AFTER_SECONDS = 2;

const titles: Readonly<Record<AnswerRefusal, string>> = {
  'never-offered': 'This lead has not been offered to anyone yet.',
  'not-offered-to-you': 'This lead was never offered to the party that you answer for.',
  'not-the-current-offer': 'The answer is about an offer that the lead has moved on from.',
  'offer-expired': 'The time to accept this offer has run out.',
  'offer-declined': 'This offer was declined.',
  'offer-withdrawn': 'This offer was withdrawn: the lead was given to somebody else.',
  'not-accepted': 'Accept the offer first.',
  'already-accepted': 'This offer was accepted: return the lead instead of declining it.',
  'already-closed': 'This lead was reported as won, lost or returned.',
  'step-back': 'A later step of this lead was reported before.',
  'not-returnable': 'This lead is an opportunity: it is won or lost, not returned.',
  'told-differently': 'This was reported before, with another reason or amount.',
  'nothing-to-correct': 'There is no such outcome of yours to correct.',
  'not-amendable': 'This outcome cannot be corrected to that one.',
  'corrected-too-often': 'No more corrections of this offer are taken.',
  'in-the-future': 'The time given is in the future.',
  'before-the-offer': 'The time given is before the offer was made.',
  'closed-elsewhere': 'This is a deal from elsewhere: what became of it is told by importing it again.',
  'lead-erased': 'The personal data of this lead were erased: nobody may work it any more.',
};

/**
 * The answer to an answer that is not taken.
 * @param isTheirs whether the lead exists for whoever asks: to a partner, one that it was never offered does not
 */
export function problemOf(why: AnswerRefusal, isTheirs: boolean): Problem {
  const elsewhere = why === 'never-offered' || why === 'not-offered-to-you';
  if (!isTheirs) return leadNotFound();
  if (why === 'in-the-future' || why === 'before-the-offer')
    return invalidInput([{ field: '/at', detail: titles[why] }]);
  return new Problem(why === 'lead-erased' ? 410 : 409, {
    type: why,
    detail: titles[why],
    ...(elsewhere && { retryAfterSeconds: RETRY_AFTER_SECONDS }),
  });
}

function leadNotFound(): Problem {
  const { details } = notFound('lead');
  const { title, detail } = details as { title: string; detail: string };
  return new Problem(404, { type: 'not-found', title, detail, retryAfterSeconds: RETRY_AFTER_SECONDS });
}

import { Problem } from '@fairlead/platform';

/** What a sender is told when leads are not taken: nothing of the request is there. */
export function intakeFull(): Problem {
  return new Problem(503, {
    type: 'intake-full',
    title: 'Too much at once',
    detail: 'More leads are coming in than can be stored. Nothing of this request was taken.',
    retryAfterSeconds: 1,
  });
}

export function storeAway(cause: unknown): Problem {
  const problem = new Problem(503, {
    type: 'not-stored',
    title: 'Not stored',
    detail: 'The database does not answer. Send it again, with the same Idempotency-Key if it has one.',
    retryAfterSeconds: 2,
  });
  problem.cause = cause;
  return problem;
}

export function keyReused(): Problem {
  return new Problem(422, {
    type: 'idempotency-key-reused',
    detail: 'This Idempotency-Key was used for another request: use a new one for each.',
  });
}

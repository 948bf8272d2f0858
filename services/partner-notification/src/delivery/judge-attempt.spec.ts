import type { Exchange } from '@fairlead/platform/outgoing';
import type { CameBack } from '../doors/door.js';
import { judgeAttempt } from './judge-attempt.js';
import { MAX_ATTEMPTS } from './retry-schedule.js';

const NOW = Date.UTC(2026, 0, 1);
const around = { durationMs: 5, beginning: Buffer.alloc(0) };

function answered(status: number, retryAfter?: string): Exchange {
  return { ...around, outcome: 'answered', status, retryAfter };
}

function judge(exchange: CameBack, attempts = 1) {
  return judgeAttempt(exchange, attempts, NOW, 1, 0.5);
}

describe('what follows from an attempt', () => {
  it.each([200, 201, 202, 204, 299])('%i: delivered', (status) => {
    expect(judge(answered(status))).toEqual({
      outcome: 'delivered',
      failure: undefined,
      retryInMs: undefined,
      restMs: undefined,
      gone: false,
    });
  });

  it.each([300, 301, 302, 303, 304, 307, 308, 400, 401, 404, 409, 422, 429, 500, 503, 599])(
    '%i: tried again',
    (status) => {
      expect(judge(answered(status))).toMatchObject({
        outcome: 'retry',
        failure: `http-${status}`,
        retryInMs: 5_000,
        gone: false,
      });
    },
  );

  it('410: never again', () => {
    expect(judge(answered(410))).toMatchObject({ outcome: 'failed', failure: 'http-410', gone: true });
  });

  it('a 200 whose body broke off: tried again', () => {
    const broken: Exchange = { ...around, outcome: 'failed', why: 'connection-reset', status: 200 };
    expect(judge(broken)).toMatchObject({ outcome: 'retry', failure: 'connection-reset' });
  });

  it('the last failure: given up', () => {
    expect(judge(answered(500), MAX_ATTEMPTS - 1).outcome).toBe('retry');
    expect(judge(answered(500), MAX_ATTEMPTS)).toMatchObject({
      outcome: 'failed',
      failure: 'http-500',
      retryInMs: undefined,
    });
  });

  it('429 and 503 with Retry-After: the endpoint rests', () => {
    expect(judge(answered(429, '60'))).toMatchObject({ restMs: 60_000, retryInMs: 60_000 });
    expect(judge(answered(503, 'Thu, 01 Jan 2026 00:02:00 GMT'))).toMatchObject({
      restMs: 120_000,
      retryInMs: 120_000,
    });
    expect(judge(answered(429, 'later'))).toMatchObject({ restMs: undefined, retryInMs: 5_000 });
    expect(judge(answered(500, '60'))).toMatchObject({ restMs: undefined, retryInMs: 5_000 });
  });

  it('what another kind of server refuses for good is given up at once, and what it refuses for now is tried again', () => {
    const refused = { ...around, outcome: 'refused', why: 'smtp-550', status: 550 } as const;
    expect(judge({ ...refused, final: true })).toMatchObject({ outcome: 'failed', failure: 'smtp-550', gone: false });
    expect(judge({ ...refused, final: false })).toMatchObject({ outcome: 'retry', failure: 'smtp-550' });
  });
});

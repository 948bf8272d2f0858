import type { ApiKeysStore } from './api-keys.store.js';
import { Callers } from './callers.js';
import type { Caller } from './decorators.js';

const admin: Caller = { role: 'admin', keyId: 'operator' };

describe('finding out who a key belongs to', () => {
  let now: number;
  let valid: Map<string, Caller>;
  let questions: number;
  let callers: Callers;
  beforeEach(() => {
    now = 0;
    questions = 0;
    valid = new Map([['right', admin]]);
    const keys: Pick<ApiKeysStore, 'identify' | 'noteUse'> = {
      identify: (key) => {
        questions += 1;
        return Promise.resolve(valid.get(key));
      },
      noteUse: () => Promise.resolve(),
    };
    callers = new Callers(keys as ApiKeysStore, () => now);
  });

  it('asks once for a key that is used often, and again before five seconds have passed', async () => {
    expect(callers.recall('right')).toBeUndefined();
    expect(await callers.identify('right', '::1')).toBe(admin);
    expect([callers.recall('right'), questions]).toEqual([admin, 1]);
    valid.clear();
    now = 4_999;
    expect(callers.recall('right')).toBeUndefined();
    expect(await callers.identify('right', '::1')).toBeUndefined();
  });

  it('asks once for what arrives together', async () => {
    await Promise.all(Array.from({ length: 100 }, () => callers.identify('right', '::1')));
    expect(questions).toBe(1);
  });

  it('forgets a revoked key at once, and only that one', async () => {
    valid.set('other', { role: 'auditor', keyId: 'other' });
    await callers.identify('right', '::1');
    await callers.identify('other', '::1');
    callers.forget('other');
    expect([callers.recall('other'), callers.recall('right')]).toEqual([undefined, admin]);
  });

  it('does not remember an answer that was under way during a revocation', async () => {
    const asking = callers.identify('right', '::1');
    callers.forget('operator');
    await asking;
    expect(callers.recall('right')).toBeUndefined();
  });

  it('stops asking about an address’s wrong keys after thirty, for a minute', async () => {
    for (let i = 0; i < 30; i++) expect(await callers.identify(`wrong ${i}`, '::1')).toBeUndefined();
    now = 20_000;
    expect(await callers.identify('wrong again', '::1')).toEqual({ retryAfterMs: 40_000 });
    expect(questions).toBe(30);
    expect(await callers.identify('right', '::2')).toBe(admin);
    now = 60_000;
    expect(await callers.identify('right', '::1')).toBe(admin);
  });

  it('lets a key through that was right before, whatever its neighbours at that address do', async () => {
    await callers.identify('right', '::1');
    for (let i = 0; i < 40; i++) await callers.identify(`wrong ${i}`, '::1');
    now = 10_000;
    expect(await callers.identify('right', '::1')).toBe(admin);
  });

  it('does not count a wrong key twice while it is remembered as wrong', async () => {
    for (let i = 0; i < 100; i++) await callers.identify('wrong', '::1');
    expect(questions).toBe(1);
    expect(await callers.identify('right', '::1')).toBe(admin);
  });
});

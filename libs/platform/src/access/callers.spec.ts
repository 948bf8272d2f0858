import { newKey } from './api-key.js';
import type { ApiKeysStore } from './api-keys.store.js';
import { Callers } from './callers.js';
import type { Caller } from './decorators.js';

const admin: Caller = { role: 'admin', keyId: 'operator' };

describe('finding out who a key belongs to', () => {
  let now: number;
  let valid: Map<string, Caller>;
  let hashes: Map<string, Buffer>;
  let questions: number;
  let lists: number;
  let callers: Callers;
  beforeEach(() => {
    now = 0;
    [questions, lists] = [0, 0];
    hashes = new Map();
    valid = new Map([['right', admin]]);
    const keys: Pick<ApiKeysStore, 'identify' | 'noteUse' | 'hashes'> = {
      identify: (key) => {
        questions += 1;
        return Promise.resolve(valid.get(key));
      },
      noteUse: () => Promise.resolve(),
      hashes: () => {
        lists += 1;
        return Promise.resolve(new Map(hashes));
      },
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

  it('tells whether a key that was right still is, from what is known and never for longer than that is believed', async () => {
    for (let i = 0; i < 10; i++) expect(await callers.isStillRight('right', '::1')).toBe(true);
    expect(questions).toBe(1);
    valid.clear();
    now = 4_999;
    expect(await callers.isStillRight('right', '::1')).toBe(false);
  });

  it('takes a key that it may not even ask about for none that still is right', async () => {
    for (let i = 0; i < 30; i++) await callers.identify(`wrong ${i}`, '::1');
    expect(await callers.isStillRight('wrong again', '::1')).toBe(false);
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

  it('lets a right key through that it has never seen, whatever its neighbours at that address do', async () => {
    // Behind one proxy all callers have one address: after thirty wrong keys of a stranger nobody's new key worked there.
    const made = newKey();
    hashes.set(made.id, made.hash);
    valid.set(made.key, { role: 'partner', keyId: made.id, partnerId: 'acme' });
    for (let i = 0; i < 40; i++) await callers.identify(`wrong ${i}`, '::1');
    expect(await callers.identify(made.key, '::1')).toMatchObject({ keyId: made.id });
  });

  it('asks the database no more than once a second, however many keys are guessed from a blocked address', async () => {
    const made = newKey();
    hashes.set(made.id, made.hash);
    for (let i = 0; i < 30; i++) await callers.identify(newKey().key, '::1');
    [questions, lists] = [0, 0];
    const withItsId = newKey().key.replace(/(?<=^flk_)\w{16}/, made.id);
    for (let i = 0; i < 100; i++) {
      expect(await callers.identify(newKey().key, '::1')).toEqual({ retryAfterMs: 60_000 });
      expect(await callers.identify(withItsId, '::1')).toEqual({ retryAfterMs: 60_000 });
    }
    expect([questions, lists]).toEqual([0, 1]);
    now = 1_000;
    await callers.identify(newKey().key, '::1');
    expect(lists).toBe(2);
  });

  it('knows a key that was made in this process at once, and one of another process a second later', async () => {
    for (let i = 0; i < 30; i++) await callers.identify(newKey().key, '::1');
    await callers.identify(newKey().key, '::1');
    for (const [how, until] of [
      ['here', 0],
      ['elsewhere', 1_000],
    ] as const) {
      const made = newKey();
      hashes.set(made.id, made.hash);
      valid.set(made.key, admin);
      if (how === 'here') callers.expect();
      now += until;
      expect([how, await callers.identify(made.key, '::1')]).toEqual([how, admin]);
    }
  });

  it('does not tell a guesser of the operator’s own key when it was right', async () => {
    hashes.set('operator', Buffer.alloc(32));
    for (let i = 0; i < 30; i++) await callers.identify(`wrong ${i}`, '::1');
    expect(await callers.identify('right', '::1')).toEqual({ retryAfterMs: 60_000 });
  });

  it('does not count a wrong key twice while it is remembered as wrong', async () => {
    for (let i = 0; i < 100; i++) await callers.identify('wrong', '::1');
    expect(questions).toBe(1);
    expect(await callers.identify('right', '::1')).toBe(admin);
  });
});

import { KeyCache } from './key-cache.js';

const key = { version: 1, key: Buffer.alloc(32) };

describe('the cache of keys', () => {
  it('forgets a key after half a minute, so that an erasure elsewhere takes effect', () => {
    let now = 0;
    const cache = new KeyCache(() => now);
    cache.set('a', key);
    now = 29_999;
    expect(cache.get('a')).toBe(key);
    now = 30_000;
    expect(cache.get('a')).toBeUndefined();
  });

  it('keeps ten thousand at most, and of those the ones used last', () => {
    const cache = new KeyCache(() => 0);
    for (let i = 0; i < 10_000; i++) cache.set(`lead ${i}`, key);
    cache.get('lead 0');
    cache.set('one more', key);
    expect([cache.size, cache.get('lead 0'), cache.get('lead 1'), cache.get('lead 9999')]).toEqual([
      9_000,
      key,
      undefined,
      key,
    ]);
  });
});

import { randomOnce } from './random.js';

describe('random bytes', () => {
  it('are handed out once each, also where the pool ends', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 5_000; i += 1) {
      const [key, nonce] = [randomOnce(32), randomOnce(12)];
      expect([key.length, nonce.length]).toEqual([32, 12]);
      seen.add(key.toString('hex')).add(nonce.toString('hex'));
    }
    expect(seen.size).toBe(10_000);
  });

  it('are a copy: whoever changes them changes nobody else’s', () => {
    const key = randomOnce(32);
    key.fill(0);
    expect(randomOnce(32).equals(key)).toBe(false);
    expect(() => randomOnce(4_097)).toThrow(RangeError);
  });
});

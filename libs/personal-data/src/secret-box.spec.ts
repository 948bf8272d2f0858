import { randomBytes } from 'node:crypto';
import { SecretBox } from './secret-box.js';

describe('a webhook secret at rest', () => {
  const box = new SecretBox(randomBytes(32));
  const sealed = box.seal('row-1', 'whsec_abc');

  it('opens for its own row', () => {
    expect(box.open('row-1', sealed)).toBe('whsec_abc');
    expect(sealed.includes('whsec_abc')).toBe(false);
    expect(box.seal('row-1', 'whsec_abc')).not.toEqual(sealed);
  });

  it('does not open for another row, under another key, or when it was changed', () => {
    const changed = Buffer.from(sealed);
    changed[15] = (changed[15] ?? 0) ^ 1;
    expect(() => box.open('row-2', sealed)).toThrow();
    expect(() => new SecretBox(randomBytes(32)).open('row-1', sealed)).toThrow();
    expect(() => box.open('row-1', changed)).toThrow();
    expect(() => box.open('row-1', sealed.subarray(0, 20))).toThrow();
  });
});

import { existsSync, readFileSync } from 'node:fs';
import { formatOf } from './formats.js';
import { isSame, signedByOneOf } from './signature.js';
import type { Delivery } from './source-format.js';

const vectors = new URL('../../../../../shared/vectors/github_sha256.json', import.meta.url);

describe('comparing signatures', () => {
  it('takes one spelling for the same, and no other', () => {
    expect(isSame('sha256=AbC=', 'sha256=AbC=')).toBe(true);
    for (const other of ['', 'sha256=AbC', 'sha256=AbD=', 'sha256=abc=', 'sha256=AbC=='])
      expect(isSame(other, 'sha256=AbC=')).toBe(false);
  });

  it('trusts nothing where there is no secret, or an empty one', () => {
    expect(signedByOneOf([], 'x', () => 'x')).toBe('refused');
    expect(signedByOneOf([''], 'x', () => 'x')).toBe('refused');
    expect(signedByOneOf(['s'], undefined, () => 'x')).toBe('refused');
    expect(signedByOneOf(['other', 's'], 'of s', (secret) => `of ${secret}`)).toBe('verified');
  });

  (existsSync(vectors) ? it : it.skip)('agrees with what others computed for the same scheme', () => {
    const { cases } = JSON.parse(readFileSync(vectors, 'utf8')) as {
      cases: { secret: string; body: string; signature: string; expect: boolean }[];
    };
    expect(cases.length).toBeGreaterThan(0);
    for (const { secret, body, signature, expect: valid } of cases) {
      const headers = { 'x-hub-signature-256': signature };
      const delivery: Delivery = {
        method: 'POST',
        url: '',
        headers,
        contentType: '',
        body: Buffer.from(body),
        receivedAt: 0,
      };
      const verdict = (secrets: string[]) =>
        formatOf('meta')?.verify(delivery, { secrets, publicKeys: [], verifyToken: undefined });
      expect([verdict([secret]), verdict(['another'])]).toEqual([valid ? 'verified' : 'refused', 'refused']);
    }
  });
});

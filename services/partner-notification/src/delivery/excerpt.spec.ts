import * as fc from 'fast-check';
import { excerptOf } from './excerpt.js';

describe('what is kept of an answer', () => {
  it('is what one can read of its beginning', () => {
    expect(excerptOf(Buffer.from('Größe\u0000\r\n\u202e  nicht gültig\n'))).toBe('Größe nicht gültig');
  });

  it('repeats nothing personal that the server was sent', () => {
    const answer = Buffer.from('{"error":"Ada LOVELACE <ada@example.com>, +44 20 7946 0000, has no account"}');
    expect(excerptOf(answer, ['Ada', 'Lovelace'])).toBe(
      '{"error":"[redacted] [redacted] <[email]>, [number], has no account"}',
    );
  });

  it('takes values as text and not as patterns', () => {
    expect(excerptOf(Buffer.from('a.c abc (x'), ['a.c', '(x)'])).toBe('[redacted] abc (x');
  });

  it('is at most 256 bytes of printable text, whatever was answered', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 1_024 }), (bytes) => {
        const excerpt = excerptOf(Buffer.from(bytes));
        return Buffer.byteLength(excerpt) <= 256 && !/[\p{C}]/u.test(excerpt);
      }),
    );
    expect(Buffer.byteLength(excerptOf(Buffer.from('€'.repeat(500))))).toBe(255);
  });
});

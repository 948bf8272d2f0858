import fc from 'fast-check';
import { copyText, readCopyText } from './row-copy.js';

const written = (at: number): string => copyText([new Date(at)]);

describe('a row in COPY’s text format', () => {
  it('has instants as ISO 8601 writes them, also before 1970, in years of more digits, and to the last millisecond of a day', () => {
    const day = 86_400_000;
    for (const at of [0, -1, day - 1, -day, 1_764_547_199_999, 253_402_300_800_000, -62_167_219_200_001])
      expect(written(at)).toBe(new Date(at).toISOString());
    fc.assert(
      fc.property(fc.date({ noInvalidDate: true }), (date) => expect(copyText([date])).toBe(date.toISOString())),
    );
  });

  it('has the instants of more days than are remembered', () => {
    const days = Array.from({ length: 5_000 }, (_, index) => index * 86_400_000 + index);
    expect(days.map(written)).toEqual(days.map((at) => new Date(at).toISOString()));
    expect(written(0)).toBe('1970-01-01T00:00:00.000Z');
  });

  it('gives back every text as it was', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null)), { minLength: 1 }), (texts) =>
        expect(readCopyText(copyText(texts))).toEqual(texts),
      ),
    );
  });
});

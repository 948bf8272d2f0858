import fc from 'fast-check';
import { readQuantity } from './quantity.js';

describe('a quantity', () => {
  it.each([
    ['250', 250],
    ['1,000-5,000', 1_000],
    ['1.000 – 5.000 Mitarbeiter', 1_000],
    ['51 to 200 employees', 51],
    ['10k+', 10_000],
    ['10,000+', 10_000],
    ['> 500', 500],
    ['up to 500', 500],
    ['< 50', 49],
    ['fewer than 50', 49],
    ['$1M-$5M', 1_000_000],
    ['1-5M', 1_000_000],
    ['€ 2,5 Mio', 2_500_000],
    ['$1.15M', 1_150_000],
    ['1.1 billion', 1_100_000_000],
    ['1 000 000', 1_000_000],
    ["1'000'000", 1_000_000],
    ['1.234.567', 1_234_567],
    ['1,234.56', 1_234],
    ['1.5', 1],
    ['0', 0],
    [12.9, 12],
  ])('%s is %d', (written, quantity) => {
    expect(readQuantity(written, Number.MAX_SAFE_INTEGER)).toBe(quantity);
  });

  it.each([
    '',
    'many',
    '-5',
    '1e5',
    '1,2,3',
    '12,34,567',
    '5-1',
    '1-2-3',
    'NaN',
    'Infinity',
    '0x10',
    '9'.repeat(40),
    -1,
    1e300,
  ])('%s is none', (written) => {
    expect(readQuantity(written, Number.MAX_SAFE_INTEGER)).toBeUndefined();
  });

  it('is not believed above its maximum', () => {
    expect(readQuantity('10,000,001', 10_000_000)).toBeUndefined();
  });

  it('reads back what it is written as, grouped in any way', () => {
    const separators = fc.constantFrom(',', '.', ' ', "'", '\u00a0');
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2_000_000_000 }), separators, (value, separator) => {
        const grouped = String(value).replace(/\B(?=(\d{3})+$)/g, separator);
        expect(readQuantity(grouped, Number.MAX_SAFE_INTEGER)).toBe(value);
      }),
    );
  });
});

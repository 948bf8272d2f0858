import { wrongWith } from './currency.js';

describe('an amount', () => {
  it.each([
    [12_500.5, 'EUR'],
    [0, 'EUR'],
    [0.29, 'USD'],
    [1_000_000_000_000, 'EUR'],
    [999_999_999_999.99, 'EUR'],
    [1_250, 'JPY'],
    [1.234, 'KWD'],
    [1.2345, 'CLF'],
  ])('of %d %s is one', (value, currency) => {
    expect(wrongWith({ value, currency })).toBeUndefined();
  });

  it.each([
    [1.234, 'EUR', 'value', 'EUR has 2 decimals'],
    [1_250.5, 'JPY', 'value', 'JPY has no decimals'],
    [1.2345, 'KWD', 'value', 'KWD has 3 decimals'],
    [1, 'XAU', 'currency', 'is no money: give the currency that was paid in'],
    [1, 'XXX', 'currency', 'is no money: give the currency that was paid in'],
  ])('of %d %s is none', (value, currency, field, detail) => {
    expect(wrongWith({ value, currency })).toEqual({ field, detail });
  });
});

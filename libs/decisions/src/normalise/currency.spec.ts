import { isISO4217CurrencyCode } from 'class-validator';
import { wrongWithAmount } from './currency.js';

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
    expect(wrongWithAmount({ value, currency })).toBeUndefined();
  });

  it.each([
    [1.234, 'EUR', 'value', 'EUR has 2 decimals'],
    [1_250.5, 'JPY', 'value', 'JPY has no decimals'],
    [1.2345, 'KWD', 'value', 'KWD has 3 decimals'],
    [1, 'EURO', 'currency', 'is not a currency of ISO 4217'],
    [1, 'eur', 'currency', 'is not a currency of ISO 4217'],
    [1, 'ABC', 'currency', 'is not a currency of ISO 4217'],
    [1, 'XAU', 'currency', 'is no money: give the currency that was paid in'],
    [1, 'XXX', 'currency', 'is no money: give the currency that was paid in'],
  ])('of %d %s is none', (value, currency, field, detail) => {
    expect(wrongWithAmount({ value, currency })).toEqual({ field, detail });
  });

  it('is in one of the currencies that reports are checked against elsewhere', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const codes = letters.flatMap((a) => letters.flatMap((b) => letters.map((c) => a + b + c)));
    const isListed = (currency: string) =>
      wrongWithAmount({ value: 0, currency })?.detail !== 'is not a currency of ISO 4217';
    expect(codes.filter(isListed)).toEqual(codes.filter((code) => isISO4217CurrencyCode(code)));
  });
});

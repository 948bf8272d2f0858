import type { Amount } from '../lifecycle/standing.js';

/** How many decimals a currency has (ISO 4217, list one, as of 1 January 2026). Funds codes that are paid in are here, too. */
const DECIMALS: Readonly<Record<number, readonly string[]>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
  2: (
    'AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE ' +
    'CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL ' +
    'HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR ' +
    'MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK ' +
    'SGD SHP SLE SLL SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST ' +
    'XCD YER ZAR ZMW ZWL'
  ).split(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND'.split(' '),
  4: 'CLF UYW'.split(' '),
};
/** Metals, units of account, and the codes for tests and for none: ISO lists them, and nobody pays a deal in them. */
const NO_MONEY: ReadonlySet<string> = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));

const decimalsOf = new Map(
  Object.entries(DECIMALS).flatMap(([decimals, codes]) => codes.map((code) => [code, Number(decimals)] as const)),
);

/**
 * What is wrong with an amount of money; undefined when nothing is.
 * @returns which of its fields, and why
 */
export function wrongWithAmount({
  value,
  currency,
}: Amount): { readonly field: 'value' | 'currency'; readonly detail: string } | undefined {
  if (NO_MONEY.has(currency)) return { field: 'currency', detail: 'is no money: give the currency that was paid in' };
  const decimals = decimalsOf.get(currency);
  if (decimals === undefined) return { field: 'currency', detail: 'is not a currency of ISO 4217' };
  if (Number(value.toFixed(decimals)) === value) return undefined;
  return { field: 'value', detail: `${currency} has ${decimals === 0 ? 'no' : decimals} decimals` };
}

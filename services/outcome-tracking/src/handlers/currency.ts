/**
 * How many decimals a currency has (ISO 4217, list one, as of 1 January 2026): two, but for these. Funds codes that are paid in are
 * here, too.
 */
const DECIMALS: Readonly<Record<number, readonly string[]>> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '),
  3: 'BHD IQD JOD KWD LYD OMR TND'.split(' '),
  4: 'CLF UYW'.split(' '),
};
/** Metals, units of account, and the codes for tests and for none: ISO lists them, and nobody pays a deal in them. */
const NO_MONEY: ReadonlySet<string> = new Set('XAG XAU XBA XBB XBC XBD XDR XPD XPT XSU XTS XUA XXX'.split(' '));

const decimalsOf = new Map(
  Object.entries(DECIMALS).flatMap(([decimals, codes]) => codes.map((code) => [code, Number(decimals)] as const)),
);

export interface Amount {
  readonly value: number;
  readonly currency: string;
}

/**
 * What is wrong with an amount in a currency that ISO 4217 lists; undefined when nothing is.
 * @returns which of its fields, and why
 */
export function wrongWith({
  value,
  currency,
}: Amount): { readonly field: 'value' | 'currency'; readonly detail: string } | undefined {
  if (NO_MONEY.has(currency)) return { field: 'currency', detail: 'is no money: give the currency that was paid in' };
  const decimals = decimalsOf.get(currency) ?? 2;
  if (Number(value.toFixed(decimals)) === value) return undefined;
  return { field: 'value', detail: `${currency} has ${decimals === 0 ? 'no' : decimals} decimals` };
}

// Head counts and revenues as people write them. The rule: a range counts as its lower bound, because what is asked of
// a size is "at least", and a band that begins at a limit then falls on the right side of it. "250+" is 250, "up to
// 500" is 500, "fewer than 50" is 49. Fractions of the last unit are cut off. No floating point: "1.15M" is 1,150,000.

const UNITS: Readonly<Record<string, number>> = {
  '': 0,
  k: 3,
  tsd: 3,
  thousand: 3,
  m: 6,
  mn: 6,
  mm: 6,
  mio: 6,
  mil: 6,
  million: 6,
  millions: 6,
  b: 9,
  bn: 9,
  bio: 9,
  mrd: 9,
  md: 9,
  billion: 9,
  billions: 9,
};

const CURRENCY = /(?:usd|eur|gbp|chf|inr|jpy|brl|cad|aud|us\$|[\p{Sc}])/giu;
const NOUNS = /\b(?:employees?|people|staff|mitarbeiter|fte|per year|p\.?a\.?|annually)\b/g;
const NUMBER = String.raw`(\d[\d.,'’ \u00a0\u202f]*)\s*([a-z]*)`;
const RANGE = new RegExp(String.raw`^${NUMBER}\s*(?:-|–|—|\bto\b|\bbis\b)\s*${NUMBER}$`, 'u');
const SINGLE = new RegExp(String.raw`^${NUMBER}$`, 'u');

/**
 * Reads a count: `250`, `1,000-5,000`, `10k+`, `< 50`, `$1.5M`.
 * @param maximum  the largest that is believed
 * @returns a whole number, or undefined
 */
export function readQuantity(written: number | string, maximum: number): number | undefined {
  const quantity = typeof written === 'number' ? Math.trunc(written) : quantityIn(written);
  return quantity !== undefined && quantity >= 0 && quantity <= maximum ? quantity : undefined;
}

function quantityIn(text: string): number | undefined {
  const plain = text.toLowerCase().replace(CURRENCY, ' ').replace(NOUNS, ' ').replace(/\s+/g, ' ').trim();

  const below = /^(?:<|under|fewer than|less than|below|unter)\s*(?!=)/.exec(plain);
  if (below) {
    const limit = single(plain.slice(below[0].length));
    return limit === undefined ? undefined : Math.max(limit - 1, 0);
  }
  const bounds = plain
    .replace(/^(?:>=|<=|>|=|up to|bis zu|over|more than|at least|about|ca\.?|~)\s*/, '')
    .replace(/\s*\+$/, '');
  const range = RANGE.exec(bounds);
  if (!range) return single(bounds);
  const [, low = '', lowUnit = '', high = '', highUnit = ''] = range;
  // "1-5M" means millions on both sides.
  const lower = number(low, lowUnit === '' ? highUnit : lowUnit);
  const upper = number(high, highUnit);
  return lower === undefined || upper === undefined || lower > upper ? undefined : lower;
}

function single(text: string): number | undefined {
  const found = SINGLE.exec(text.trim());
  return found ? number(found[1] ?? '', found[2] ?? '') : undefined;
}

function number(written: string, unit: string): number | undefined {
  const exponent = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  const parts = exponent === undefined ? undefined : splitNumber(written.trim());
  if (exponent === undefined || parts === undefined) return undefined;
  const digits = parts.whole + parts.fraction.slice(0, exponent).padEnd(exponent, '0');
  // 16 digits and more may be beyond what a double holds exactly.
  return digits.replace(/^0+/, '').length > 15 ? undefined : Number(digits);
}

/** Groups of three mean thousands, whatever stands between them; one separator before another number of digits, a fraction. */
function splitNumber(written: string): { whole: string; fraction: string } | undefined {
  const grouped = /^(\d{1,3})(?:([.,'’ \u00a0\u202f])\d{3})(?:\2\d{3})*(?:[.,](\d+))?$/u.exec(written);
  if (grouped) {
    const fraction = grouped[3] ?? '';
    // "1.234.567" has been taken whole; "1,234.5" ends in a fraction.
    const whole = fraction === '' ? written : written.slice(0, -fraction.length - 1);
    return { whole: whole.replace(/\D/g, ''), fraction };
  }
  const plain = /^(\d+)(?:[.,](\d*))?$/.exec(written);
  return plain ? { whole: plain[1] ?? '', fraction: plain[2] ?? '' } : undefined;
}

import { iso31662 } from 'iso-3166';
import { foldName } from './text.js';

// ISO 3166-2: 5,000 subdivisions, in native names.
const codes: ReadonlySet<string> = new Set(iso31662.map(({ code }) => code));
const names = allNames();

/**
 * Reads a region: an ISO 3166-2 code (`DE-BY`), or, in a known country, the code's second part or the region's name.
 * @param country  ISO 3166-1 alpha-2
 * @returns the code, or undefined
 */
export function readRegion(text: string, country?: string): string | undefined {
  const code = text.trim().toUpperCase().replace(/[_ ]/g, '-');
  if (codes.has(code)) return code;
  if (country === undefined) return undefined;
  const local = `${country}-${code}`;
  return codes.has(local) ? local : names.get(`${country} ${foldName(text)}`);
}

/** A name that two subdivisions of a country share means the larger one, which the list has first or as the parent. */
function allNames(): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  const topLevelFirst = [...iso31662].sort((a, b) => a.parent.length - b.parent.length);
  for (const { code, name } of topLevelFirst) {
    const key = `${code.slice(0, 2)} ${foldName(name)}`;
    if (!all.has(key)) all.set(key, code);
  }
  return all;
}

import type { Path } from '../document/read-document.js';
import { readCountry } from '../normalise/country.js';
import { readRegion } from '../normalise/region.js';

/**
 * What is wrong with codes of countries (`DE`) and of their subdivisions (`DE-BY`): those that no lead ever has, because
 * there is no such place. Their form has been checked.
 */
export function unknownPlaces(codes: readonly string[] = [], at: Path): { path: Path; detail: string }[] {
  return codes.flatMap((code, index) => {
    const isCountry = code.length === 2;
    const known = isCountry ? readCountry(code) : readRegion(code);
    if (known === code) return [];
    const standard = isCountry ? 'ISO 3166-1' : 'ISO 3166-2';
    const meant = known === undefined ? '' : `; its code is ${known}`;
    return [{ path: [...at, index], detail: `${code} is in no list of ${standard}${meant}` }];
  });
}

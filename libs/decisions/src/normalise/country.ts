import countries from 'i18n-iso-countries';
import { atFirstUse } from '../at-first-use.js';
import { foldName } from './text.js';

// Names that the list lacks and forms have. UK and EL are reserved for GB and GR in ISO 3166-1.
const ALSO: readonly (readonly [name: string, code: string])[] = [
  ['UK', 'GB'],
  ['Great Britain', 'GB'],
  ['Britain', 'GB'],
  ['England', 'GB'],
  ['Scotland', 'GB'],
  ['Wales', 'GB'],
  ['Northern Ireland', 'GB'],
  ['EL', 'GR'],
  ['U S', 'US'],
  ['U S A', 'US'],
  ['United States of America', 'US'],
  ['America', 'US'],
  ['UAE', 'AE'],
  ['Holland', 'NL'],
  ['The Netherlands', 'NL'],
  ['Czechia', 'CZ'],
  ['Czech Republic', 'CZ'],
  ['Russia', 'RU'],
  ['South Korea', 'KR'],
  ['Korea', 'KR'],
  ['Republic of Korea', 'KR'],
  ['North Korea', 'KP'],
  ['Vietnam', 'VN'],
  ['Viet Nam', 'VN'],
  ['Taiwan', 'TW'],
  ['Hong Kong', 'HK'],
  ['Macau', 'MO'],
  ['Ivory Coast', 'CI'],
  ['Cape Verde', 'CV'],
  ['Swaziland', 'SZ'],
  ['Macedonia', 'MK'],
  ['Burma', 'MM'],
  ['East Timor', 'TL'],
  ['Turkiye', 'TR'],
  ['Turkey', 'TR'],
  ['Brasil', 'BR'],
  ['Bolivia', 'BO'],
  ['Venezuela', 'VE'],
  ['Iran', 'IR'],
  ['Syria', 'SY'],
  ['Laos', 'LA'],
  ['Moldova', 'MD'],
  ['Tanzania', 'TZ'],
  ['Palestine', 'PS'],
  ['Vatican', 'VA'],
  ['Congo', 'CG'],
  ['Congo Kinshasa', 'CD'],
  ['DR Congo', 'CD'],
  ['Congo Brazzaville', 'CG'],
  ['Kosovo', 'XK'],
  // The standard's own long names.
  ['Bolivia, Plurinational State of', 'BO'],
  ['Congo, The Democratic Republic of the', 'CD'],
  ['Korea, Democratic People’s Republic of', 'KP'],
  ['Saint Helena, Ascension and Tristan da Cunha', 'SH'],
  ['Venezuela, Bolivarian Republic of', 'VE'],
];

const codes: ReadonlySet<string> = new Set(Object.keys(countries.getAlpha2Codes()));
const names = atFirstUse(allNames);

/**
 * Reads a country: ISO 3166-1 alpha-2, alpha-3 or numeric, or its name in any of the languages of the list.
 * @returns alpha-2, or undefined
 */
export function readCountry(text: string): string | undefined {
  const written = text.trim();
  const code = written.toUpperCase();
  if (codes.has(code)) return code;
  // The standard itself writes "Tanzania, United Republic of".
  const [, name, before] = /^([^,]+),\s*([^,]+)$/.exec(written) ?? [];
  return names().get(foldName(written)) ?? (name && before ? names().get(foldName(`${before} ${name}`)) : undefined);
}

/** English first, then the languages with the most speakers in business: where two languages disagree, the first wins. */
function allNames(): ReadonlyMap<string, string> {
  const all = new Map<string, string>();
  const add = (name: string, code: string) => {
    const folded = foldName(name);
    if (folded !== '' && !all.has(folded)) all.set(folded, code);
  };
  for (const [alpha3, alpha2] of Object.entries(countries.getAlpha3Codes())) add(alpha3, alpha2);
  for (const [numeric, alpha2] of Object.entries(countries.getNumericCodes())) add(numeric, alpha2);
  for (const [name, code] of ALSO) add(name, code);
  const first = ['en', 'de', 'fr', 'es', 'pt', 'it', 'nl', 'zh', 'ja', 'pl'];
  const rest = countries.langs().filter((language) => !first.includes(language));
  for (const language of [...first, ...rest.sort()]) {
    for (const [code, written] of Object.entries(countries.getNames(language, { select: 'all' }))) {
      for (const name of written) add(name, code);
    }
  }
  return all;
}

// The full metadata: the smaller set knows only lengths, and would take numbers that no network has given out.
import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/core';
import metadata from 'libphonenumber-js/max/metadata';
import { hasHiddenCharacters } from './text.js';

/**
 * Reads one number, international or, when the country is known, as it is dialled there.
 * @param country  ISO 3166-1 alpha-2
 * @returns E.164 (`+4930123456`); an extension is dropped, since E.164 has none and two people may share a switchboard
 */
export function readPhone(text: string, country?: string): string | undefined {
  if (hasHiddenCharacters(text)) return undefined;
  const international = text.trim().replace(/^00(?=[1-9])/, '+');
  const defaultCountry =
    country !== undefined && isSupportedCountry(country as CountryCode, metadata)
      ? (country as CountryCode)
      : undefined;
  return (
    valid(text, defaultCountry) ??
    // "00" is how most of the world dials "+", and only that: in its own country a number may begin with it.
    (international === text.trim() ? undefined : valid(international, defaultCountry))
  );
}

function valid(text: string, defaultCountry: CountryCode | undefined): string | undefined {
  const number = parsePhoneNumberFromString(
    text,
    { ...(defaultCountry && { defaultCountry }), extract: false },
    metadata,
  );
  return number?.isValid() ? number.number : undefined;
}

export const MAX_HEADERS = 16;
/** A JSON Web Token of the larger kind. */
const MAX_VALUE_LENGTH = 2_048;

/** A token of RFC 9110, in small letters: names are the same in any case, and given twice they would be two headers. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]{1,64}$/;
/** What can be seen, with blanks between: no line ends, so that no value begins a header of its own. */
const VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * What says how a request is read or by what way it goes is ours to say, and so is what a webhook is recognised by. `authorization` is
 * not among them: gateways before partners' servers ask for it, and it goes nowhere but to the address it was given for.
 */
const RESERVED =
  /^(?:webhook-.*|content-.*|proxy-.*|sec-.*|host|connection|keep-alive|transfer-encoding|te|trailer|upgrade|expect|date|via|user-agent|accept-encoding|cookie)$/;

/** Why these headers cannot be sent along, in words that repeat no value; undefined when they can. */
export function refusalOfHeaders(headers: Readonly<Record<string, unknown>>): string | undefined {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) return `must be at most ${MAX_HEADERS}`;
  for (const [given, value] of entries) {
    const name = given.toLowerCase();
    if (!NAME.test(name)) return 'names must be 1 to 64 letters, digits or hyphens';
    if (RESERVED.test(name)) return `must not set ${name}: it is set by the sender`;
    if (typeof value !== 'string' || value.length > MAX_VALUE_LENGTH || !VALUE.test(value))
      return `${name} must be 1 to ${MAX_VALUE_LENGTH} printable ASCII characters`;
  }
  const names = entries.map(([name]) => name.toLowerCase());
  if (new Set(names).size < names.length) return 'must not name one header twice';
  return undefined;
}

/** By their names in small letters. */
export function normalised(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';

/**
 * SHA-256 of the value's canonical JSON, in lower-case hexadecimal: the name under which a policy, a model, a roster or
 * a list goes into the decisions made with it. Anybody can compute it again with any JCS library.
 */
export function contentHash(value: unknown): string {
  return bytesToHex(sha256(utf8ToBytes(canonicalJson(value))));
}

/**
 * JSON as RFC 8785 (JCS) writes it: keys in the order of their UTF-16 code units, no white space, numbers and strings
 * as ECMAScript writes them. A key whose value is undefined is not there.
 * @throws TypeError for what JSON cannot hold: NaN, lone surrogates, functions
 */
export function canonicalJson(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return quoted(value);
    case 'number':
      if (!Number.isFinite(value)) throw new TypeError('a number that is not finite has no canonical form');
      return JSON.stringify(value);
    case 'boolean':
      return JSON.stringify(value);
    case 'object': {
      if (value === null) return 'null';
      if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
      const members = value as Record<string, unknown>;
      const keys = Object.keys(members).filter((key) => members[key] !== undefined);
      return `{${keys
        .sort()
        .map((key) => `${quoted(key)}:${canonicalJson(members[key])}`)
        .join(',')}}`;
    }
    default:
      throw new TypeError(`a ${typeof value} has no canonical form`);
  }
}

/** What stands for itself between quotation marks; most of what a document has, and told at a tenth of the cost. */
const PLAIN = /^[ !#-[\]-~]*$/;

function quoted(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`;
  // JSON.stringify would escape it, and RFC 8785 demands an error: two parsers disagree about what it means.
  if (!text.isWellFormed()) throw new TypeError('a lone surrogate has no canonical form');
  return JSON.stringify(text);
}

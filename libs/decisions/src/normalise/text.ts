// Two kinds of text. What people read (a name, a city) is cleaned: a stray control character is no reason to lose a
// lead. What identifies (an id, an address) is never cleaned, because cleaning could turn two ids into one.

// Zero-width space, word joiner, byte order mark, and the characters that turn the reading direction round: invisible,
// and good only to make a text look like another.
const INVISIBLE = /[\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]/g;
const ORDINARY = /^[\x21-\x7e]+(?: [\x21-\x7e]+)*$/;

/** One line: composed (NFC), control characters and runs of white space as one space, lone surrogates as U+FFFD. */
export function cleanLine(text: string): string {
  if (ORDINARY.test(text) || text === '') return text;
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .trim();
}

/** As `cleanLine`, but lines stay lines. */
export function cleanParagraphs(text: string): string {
  if (ORDINARY.test(text) || text === '') return text;
  return text
    .toWellFormed()
    .normalize('NFC')
    .replace(INVISIBLE, '')
    .replace(/\r\n?|\u2028|\u2029/g, '\n')
    .replace(/[^\S\n]+/g, ' ')
    .replace(/[^\P{Cc}\n]+/gu, '')
    .replace(/\n{3,}/g, '\n\n')
    .trim();
}

/** In characters, as schemas count them. */
export function isLongerThan(text: string, maxLength: number): boolean {
  // A character has one unit or two, so most texts need no counting.
  return text.length > maxLength && (text.length > maxLength * 2 || [...text].length > maxLength);
}

/** Control characters, lone surrogates and unassigned invisibles: never part of an id or an address. */
export function hasHiddenCharacters(text: string): boolean {
  return /[\p{Cc}\p{Cs}\u200b\u2060\ufeff\u202a-\u202e\u2066-\u2069]/u.test(text);
}

/** Blanks around a text; not line breaks, which have no business in what identifies. */
export function trimBlanks(text: string): string {
  return text.replace(/^[ \t\u00a0\u3000]+|[ \t\u00a0\u3000]+$/g, '');
}

/** For comparing names: case, accents and punctuation make no difference. */
export function foldName(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

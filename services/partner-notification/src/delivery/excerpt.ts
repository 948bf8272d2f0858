/** Enough to recognise an error page or an error code by; what a partner answers is theirs to keep, not ours. */
const MAX_EXCERPT_BYTES = 256;
/** A value of one or two letters would blacken half of every text. */
const MIN_REDACTED_LENGTH = 3;

const EMAIL = /[^\s@"'<>,;:()]{1,64}@[^\s@"'<>,;:()]{1,255}/gu;
const PHONE = /\+?\d[\d ()/.-]{6,}\d/gu;

/**
 * The beginning of an answer, printable and short, for the partner to see what its server said. Servers like to repeat
 * what they were sent, so whatever looks like an address or a number is taken out, and so is each of the given values.
 * @param personal values that were part of what was sent
 */
export function excerptOf(beginning: Buffer, personal: readonly string[] = []): string {
  let text = beginning.toString('utf8');
  for (const value of personal) if (value.length >= MIN_REDACTED_LENGTH) text = redact(text, value);
  text = text
    .replace(EMAIL, '[email]')
    .replace(PHONE, '[number]')
    .replace(/[\p{C}\p{Z}\uFFFD]+/gu, ' ')
    .trim();
  return cut(text);
}

function redact(text: string, value: string): string {
  const pattern = value.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  return text.replace(new RegExp(pattern, 'giu'), '[redacted]');
}

function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= MAX_EXCERPT_BYTES) return text;
  // A character that is cut in half would come back as U+FFFD, which is longer than what was cut.
  return bytes
    .subarray(0, MAX_EXCERPT_BYTES)
    .toString('utf8')
    .replace(/\uFFFD+$/u, '');
}

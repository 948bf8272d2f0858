/** A word as a shell takes it for one: what somebody copies into a terminal is one argument, whatever is in it. */
export function quoted(word: string): string {
  return /^[\w.,@%+:/-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

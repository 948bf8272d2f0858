/** A word as a shell takes it for one. */
export function quoted(word: string): string {
  return /^[\w.,@%+:/-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/** `not-qualified` as it is said. */
export function inWords(slug: string): string {
  return slug.replaceAll('-', ' ');
}

const tones: Readonly<Record<string, string>> = {
  ...Object.fromEntries(['won', 'qualified'].map((state) => [state, 'good'])),
  ...Object.fromEntries(['offered', 'accepted', 'contacted', 'graded', 'received'].map((state) => [state, 'sea'])),
  ...Object.fromEntries(
    ['held', 'incomplete', 'unroutable', 'expired', 'returned', 'declined'].map((state) => [state, 'warn']),
  ),
};

/** A colour of the theme; the word beside it says the same. */
export function stateTone(state: string): string {
  return tones[state] ?? 'gray';
}

/** What a party made of its leads of one kind: those of a grade, say, or those of a size of deal. */
export interface Stratum {
  readonly name: string;
  /** Whole, 0 ≤ successes ≤ trials. */
  readonly successes: number;
  readonly trials: number;
}

/**
 * By name, those of one name added up, and none that is empty. The names in the order of their UTF-16 code units, which is
 * no language's: floating-point sums over them are then the same whatever order they came in.
 */
export function inOrder(strata: readonly Stratum[]): Stratum[] {
  const byName = new Map<string, Stratum>();
  for (const { name, successes, trials } of strata) {
    const before = byName.get(name);
    byName.set(name, {
      name,
      successes: successes + (before?.successes ?? 0),
      trials: trials + (before?.trials ?? 0),
    });
  }
  return [...byName.values()]
    .filter(({ trials }) => trials > 0)
    .sort((left, right) => (left.name < right.name ? -1 : left.name > right.name ? 1 : 0));
}

/** All of them together, whatever their kind. */
export function together(strata: readonly Stratum[]): { successes: number; trials: number } {
  let [successes, trials] = [0, 0];
  for (const stratum of strata) {
    successes += stratum.successes;
    trials += stratum.trials;
  }
  return { successes, trials };
}

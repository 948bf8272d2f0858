/** Chance that can be repeated: the same seed gives the same campaign, on every machine. */
export interface Chance {
  /** From 0 up to 1. */
  next(): number;
  /** True in this share of cases. */
  is(share: number): boolean;
  oneOf<T>(values: readonly T[]): T;
  /** By weight. */
  weighted<T>(choices: readonly (readonly [value: T, weight: number])[]): T;
  /** Whole, both ends included. */
  between(low: number, high: number): number;
}

// Taken once: where tests run, every look at a global costs more than what it is looked at for.
const { floor, imul } = Math;

/** mulberry32: 32 bits of state, plenty for a story, far too little for a secret. */
export function chance(seed: number): Chance {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
  const between = (low: number, high: number): number => low + floor(next() * (high - low + 1));
  return {
    next,
    between,
    is: (share) => next() < share,
    oneOf: (values) => values[between(0, values.length - 1)] as never,
    weighted: (choices) => {
      let left = next() * choices.reduce((sum, [, weight]) => sum + weight, 0);
      for (const [value, weight] of choices) {
        left -= weight;
        if (left < 0) return value;
      }
      return choices[0]?.[0] as never;
    },
  };
}

/** A chance of its own for each name, so that what one party does never depends on who was quicker. */
export function chanceFor(seed: number, name: string): Chance {
  let hash = 0x811c9dc5;
  for (const character of name) hash = imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193);
  return chance(seed ^ hash);
}

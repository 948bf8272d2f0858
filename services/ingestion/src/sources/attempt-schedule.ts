/** After the first, second, … attempt: nine over two days, since a token that has run out is renewed by people. */
const DELAYS_MS = [
  5_000, // 5 s
  30_000, // 30 s
  120_000, // 2 min
  600_000, // 10 min
  3_600_000, // 1 h
  10_800_000, // 3 h
  43_200_000, // 12 h
  115_200_000, // 32 h
] as const;
/** ±10 %: what failed together does not come together again. */
const JITTER = 0.1;

/** @returns milliseconds until the next attempt; undefined: that was the last */
export function nextAttemptMs(attempts: number, scale: number, random: number): number | undefined {
  const delay = DELAYS_MS[attempts - 1];
  return delay === undefined ? undefined : Math.round(delay * scale * (1 - JITTER + 2 * JITTER * random));
}

/** A tool that is asked too often says for how long it wants to be left alone, in seconds; a minute, when it does not. */
export function pauseMs(retryAfter: string | undefined, scale: number): number {
  if (retryAfter === undefined || !/^\d{1,6}$/.test(retryAfter)) return 60_000 * scale;
  return Math.min(Number(retryAfter) * 1_000, MAX_PAUSE_MS);
}

const MAX_PAUSE_MS = 3_600_000;

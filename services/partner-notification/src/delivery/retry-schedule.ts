/**
 * How long to wait after the first, second, … failed attempt: ten attempts over 75 hours, as Standard Webhooks proposes.
 * Short at first, because most failures are a restart; long at last, so that a weekend's outage loses nothing.
 */
const DELAYS_MS = [
  5_000, // 5 s
  300_000, // 5 min
  1_800_000, // 30 min
  7_200_000, // 2 h
  18_000_000, // 5 h
  36_000_000, // 10 h
  50_400_000, // 14 h
  72_000_000, // 20 h
  86_400_000, // 24 h
] as const;

export const MAX_ATTEMPTS = DELAYS_MS.length + 1;

/** ±10 %: spreads what failed together, without changing what "24 hours" means to a reader. */
const JITTER = 0.1;

/** The longest that a partner may ask us to wait: as long as the longest wait of our own. */
export const MAX_RETRY_AFTER_MS = 86_400_000;

export interface Failed {
  /** How many attempts have been made, this one included. */
  readonly attempts: number;
  /** How long the partner asked us to wait. */
  readonly retryAfterMs?: number;
}

/**
 * When to try again, in milliseconds from now; undefined: not any more. Never sooner than the partner asked. When it asks
 * for less than the schedule would wait, the schedule holds: ten tries within ten seconds would be a way to lose a lead.
 * @param scale shortens or stretches the schedule (not what the partner asked for)
 * @param random from 0 up to 1; an input, so that the schedule itself stays a plain function
 */
export function retryDelayMs(
  { attempts, retryAfterMs = 0 }: Failed,
  scale: number,
  random: number,
): number | undefined {
  const delay = DELAYS_MS[attempts - 1];
  if (delay === undefined) return undefined;
  const scheduled = delay * scale * (1 - JITTER + 2 * JITTER * random);
  return Math.max(Math.round(scheduled), Math.min(retryAfterMs, MAX_RETRY_AFTER_MS));
}

const HTTP_DATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{2} (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d{2}:\d{2}:\d{2} GMT$/;

/**
 * What a `Retry-After` header asks for, in milliseconds from now: whole seconds or an HTTP date (RFC 9110, 10.2.3).
 * Undefined when it is neither. The past is no wait; the absurdly far is cut to the longest wait that we accept.
 */
export function parseRetryAfter(value: string, now: number): number | undefined {
  const text = value.trim();
  const wait = /^\d+$/.test(text) ? Number(text) * 1_000 : HTTP_DATE.test(text) ? Date.parse(text) - now : Number.NaN;
  if (Number.isNaN(wait)) return undefined;
  return Math.min(Math.max(0, wait), MAX_RETRY_AFTER_MS);
}

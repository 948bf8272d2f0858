/**
 * An event that would fail the same way on every redelivery: it is parked, and the rest goes on. Anything else a handler
 * throws is taken to be temporary and retried, a bounded number of times.
 */
export class Unprocessable extends Error {
  override readonly name = 'Unprocessable';

  /**
   * @param why a short class of failure that is stored and shown, such as `unknown-lead`; never a value from the event
   */
  constructor(
    readonly why: string,
    options?: ErrorOptions,
  ) {
    super(why, options);
  }
}

/** What is stored of an error: its class and code. A message may repeat personal data and is never kept. */
export function classOf(error: unknown): string {
  if (error instanceof Unprocessable) return error.why;
  if (!(error instanceof Error)) return typeof error;
  const { code, why } = error as Error & { code?: unknown; why?: unknown };
  const detail = typeof why === 'string' ? why : typeof code === 'string' ? code : '';
  return (detail ? `${error.name}:${detail}` : error.name).slice(0, 100);
}

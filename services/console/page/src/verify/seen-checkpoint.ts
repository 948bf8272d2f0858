/** Where the last checkpoint that held is remembered: in this browser, whoever is signed in. It is public, and no secret. */
const PLACE = 'fairlead.checkpoint';

export interface Seen {
  readonly note: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export function lastSeen(): Seen | undefined {
  try {
    const { note, at } = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Seen>;
    return typeof note === 'string' && typeof at === 'number' ? { note, at } : undefined;
  } catch {
    return undefined;
  }
}

export function remember(note: string): void {
  try {
    localStorage.setItem(PLACE, JSON.stringify({ note, at: Date.now() } satisfies Seen));
  } catch {
    // A browser that keeps nothing compares nothing with the last time, and says so.
  }
}

export function forget(): void {
  localStorage.removeItem(PLACE);
}

import type { LeadKey } from './lead-keys.store.js';

/** A key and its lead's id take about 250 bytes; a batch, and the batches that follow the same leads, find theirs here. */
const MAX_KEYS = 10_000;
/**
 * Room is made for so many at once: to find the oldest entry of a Map takes longer the more were deleted before it, so that
 * one by one each new key cost 27 µs, more than all the rest of opening a contact.
 */
const MAKE_ROOM_FOR = 1_000;
/** An erasure by another process takes effect here at most this much later. */
const KEEP_MS = 30_000;

interface Entry {
  readonly key: LeadKey;
  readonly until: number;
}

/** Keys in use lately; those that were used longest ago make room. */
export class KeyCache {
  readonly #entries = new Map<string, Entry>();
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get(leadId: string): LeadKey | undefined {
    const entry = this.#entries.get(leadId);
    if (!entry) return undefined;
    this.#entries.delete(leadId);
    if (entry.until <= this.#now()) return undefined;
    this.#entries.set(leadId, entry);
    return entry.key;
  }

  set(leadId: string, key: LeadKey): void {
    this.#entries.delete(leadId);
    this.#entries.set(leadId, { key, until: this.#now() + KEEP_MS });
    if (this.#entries.size > MAX_KEYS) this.#makeRoom();
  }

  #makeRoom(): void {
    for (const leadId of this.#entries.keys()) {
      if (this.#entries.size <= MAX_KEYS - MAKE_ROOM_FOR) return;
      this.#entries.delete(leadId);
    }
  }

  delete(leadId: string): void {
    this.#entries.delete(leadId);
  }

  get size(): number {
    return this.#entries.size;
  }
}

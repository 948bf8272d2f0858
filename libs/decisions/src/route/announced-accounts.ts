import type { NamedAccountsChanged, NamedAccountsEntries } from '@fairlead/events';
import { contentHash } from '../document/content-hash.js';
import type { NamedAccountDocument } from './named-account-list.js';

export type Announced =
  | { readonly complete: true; readonly document: NamedAccountDocument }
  | { readonly complete: false; readonly why: 'chunk-missing' | 'other-count' | 'other-hash' };

interface Waiting {
  readonly version: number;
  readonly hash: string;
  /** By the chunk's number. */
  readonly chunks: Map<number, NamedAccountDocument['entries']>;
}

/**
 * Puts versions of lists together from the events that announce them: chunks of entries first, then the event that says
 * how many there were and what they come to. A version counts whole or not at all, so whoever reads the log from its
 * middle, or misses an event, keeps the version before.
 */
export class AnnouncedAccounts {
  /** One version of each list: its chunks come in one piece, and what was never completed ends with the next one. */
  private readonly waiting = new Map<string, Waiting>();

  /** Told twice, a chunk is the same chunk. */
  chunk({ name, version, hash, chunk, entries }: NamedAccountsEntries['data']): void {
    let waiting = this.waiting.get(name);
    if (waiting?.version !== version || waiting.hash !== hash) {
      waiting = { version, hash, chunks: new Map<number, NamedAccountDocument['entries']>() };
      this.waiting.set(name, waiting);
    }
    waiting.chunks.set(chunk, entries);
  }

  /** @returns the list in its new version, if every entry of it was there */
  changed({ name, version, hash, owner, chunks, count, entries: last }: NamedAccountsChanged['data']): Announced {
    const waiting = this.waiting.get(name);
    this.waiting.delete(name);
    const known = waiting?.version === version && waiting.hash === hash ? waiting.chunks : undefined;
    const parts: NamedAccountDocument['entries'][] = [];
    for (let chunk = 1; chunk <= chunks; chunk++) {
      const part = known?.get(chunk);
      if (!part) return { complete: false, why: 'chunk-missing' };
      parts.push(part);
    }
    const document = { owner, entries: [...parts, last].flat() };
    if (document.entries.length !== count) return { complete: false, why: 'other-count' };
    if (contentHash(document) !== hash) return { complete: false, why: 'other-hash' };
    return { complete: true, document };
  }
}

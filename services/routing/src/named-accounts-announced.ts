import { randomUUID } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import type { NamedAccount } from '@fairlead/decisions';
import {
  derivedId,
  encodeEvent,
  type EncodedEvent,
  MAX_EVENT_BYTES,
  NamedAccountsChanged,
  NamedAccountsEntries,
} from '@fairlead/events';
import type { StoredVersion } from './store/named-accounts.store.js';

/** What an event says beside its entries: names, hash, owner and actor, none longer than some hundred characters. */
const BYTES_AROUND_ENTRIES = 2_048;

/**
 * A new version of a list as events: as many chunks as do not fit into the last event, and then that one, which closes
 * them. They are said in one unit of work, and all have the list's name for a key, so whoever reads them has the chunks
 * before the event that counts them.
 */
export async function announced(
  { name, version, hash, owner }: StoredVersion,
  entries: readonly NamedAccount[],
  { actor, now }: { actor: string; now: number },
): Promise<EncodedEvent[]> {
  const id = randomUUID();
  const about = { source: '/routing', subject: name, time: now };
  const parts = partsOf(entries);
  const last = parts.pop() ?? [];
  const events: EncodedEvent[] = [];
  for (const [index, part] of parts.entries()) {
    const chunk = index + 1;
    events.push(
      encodeEvent(NamedAccountsEntries, {
        id: derivedId(id, NamedAccountsEntries.type, String(chunk)),
        ...about,
        data: { name, version, hash, chunk, entries: part },
      }),
    );
    // Two hundred chunks take some hundred milliseconds: others are not kept waiting for all of them.
    await breathe();
  }
  const data = { name, version, hash, owner, chunks: parts.length, count: entries.length, entries: last, actor };
  return [...events, encodeEvent(NamedAccountsChanged, { id, ...about, data })];
}

function partsOf(entries: readonly NamedAccount[]): NamedAccount[][] {
  const parts: NamedAccount[][] = [];
  let room = 0;
  for (const entry of entries) {
    const bytes = Buffer.byteLength(JSON.stringify(entry)) + 1;
    if (bytes > room) {
      parts.push([]);
      room = MAX_EVENT_BYTES - BYTES_AROUND_ENTRIES;
    }
    parts.at(-1)?.push(entry);
    room -= bytes;
  }
  return parts;
}

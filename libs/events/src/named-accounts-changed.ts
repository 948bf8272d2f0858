import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { NamedAccountEntry } from './named-accounts-entries.js';
import { Actor, Count, DocumentName, Hash, object, Ordinal, text } from './shapes.js';

/** A list of accounts reserved for direct has a new version. */
const NamedAccountsChangedV1 = defineEvent(
  'named-accounts.changed',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    owner: text(128),
    entries: Type.Array(NamedAccountEntry),
    actor: Actor,
  }),
  { topic: 'control' },
);

/**
 * A list of accounts reserved for direct has a new version. Its entries are those of the chunks 1 to `chunks`, told before
 * by named-accounts.entries, and then the ones here; it counts only when there are `count` of them and
 * `{ owner, entries }` has this hash.
 */
export const NamedAccountsChanged = defineEvent(
  'named-accounts.changed',
  2,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    owner: text(128),
    chunks: Count,
    count: Count,
    entries: Type.Array(NamedAccountEntry),
    actor: Actor,
  }),
  {
    topic: 'control',
    // A list was one event: no chunk came before it.
    upcast: {
      from: NamedAccountsChangedV1,
      with: ({ name, version, hash, owner, entries, actor }) => ({
        ...{ name, version, hash, owner },
        ...{ chunks: 0, count: entries.length, entries, actor },
      }),
    },
  },
);
export type NamedAccountsChanged = EventOf<typeof NamedAccountsChanged>;

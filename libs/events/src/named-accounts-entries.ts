import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { DocumentName, Hash, object, Ordinal, text, Timestamp } from './shapes.js';

export const NamedAccountEntry = object({
  domain: Type.Optional(text(253)),
  company: Type.Optional(text(255)),
  owner: text(128),
  from: Timestamp,
  until: Type.Optional(Timestamp),
});

/**
 * Part of a list of named accounts that is too long for one event. The parts of a version are told in their order, before
 * the named-accounts.changed that closes them; until then they count for nothing. `hash` is the whole list's.
 */
export const NamedAccountsEntries = defineEvent(
  'named-accounts.entries',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    chunk: Ordinal,
    entries: Type.Array(NamedAccountEntry),
  }),
  { topic: 'control' },
);
export type NamedAccountsEntries = EventOf<typeof NamedAccountsEntries>;

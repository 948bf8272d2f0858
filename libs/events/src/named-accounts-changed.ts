import { Type } from '@sinclair/typebox';
import { defineEvent, type EventOf } from './define-event.js';
import { Actor, DocumentName, Hash, object, Ordinal, text, Timestamp } from './shapes.js';

const Entry = object({
  domain: Type.Optional(text(253)),
  company: Type.Optional(text(255)),
  owner: text(128),
  from: Timestamp,
  until: Type.Optional(Timestamp),
});

/** A list of accounts reserved for direct has a new version. */
export const NamedAccountsChanged = defineEvent(
  'named-accounts.changed',
  1,
  object({
    name: DocumentName,
    version: Ordinal,
    hash: Hash,
    owner: text(128),
    entries: Type.Array(Entry),
    actor: Actor,
  }),
  { topic: 'control' },
);
export type NamedAccountsChanged = EventOf<typeof NamedAccountsChanged>;

import type { Contact } from '../normalise/normalise-lead.js';

/** A lead's contact data as whoever has the lead is shown it. */
export interface ContactTogether extends Contact {
  /** What was said otherwise later: another address or number, one more message. Absent where nothing was. */
  readonly further?: readonly Contact[];
}

/** Contact data that came one after the other: what was said first stays, gaps are filled, and what differs is shown beside it. */
export function contactTogether(contacts: readonly Contact[]): ContactTogether {
  const together: Contact = Object.assign({}, ...contacts.toReversed()) as Contact;
  const further = contacts
    .map((contact) =>
      Object.fromEntries(Object.entries(contact).filter(([field, value]) => differs(together, field, value))),
    )
    .filter((contact) => Object.keys(contact).length > 0);
  return { ...together, ...(further.length > 0 && { further }) };
}

function differs(together: Contact, field: string, value: unknown): boolean {
  return together[field as keyof Contact] !== value;
}

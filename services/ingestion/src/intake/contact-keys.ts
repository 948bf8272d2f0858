import type { Contact } from '@fairlead/decisions';
import type { PersonalData } from '@fairlead/personal-data';
import type { HashedKey } from './rows.js';

/** Keyed hashes of all contact data that a lead was ever sent with: equal for equal values, and meaningless without the key. */
export type ContactKeys = Readonly<Partial<Record<ContactPart, readonly string[]>>>;
export type ContactKey = Readonly<Partial<Record<ContactPart, string>>>;
/** A name is one thing: a family name alone says little. */
export type ContactPart = 'email' | 'phone' | 'name' | 'message';

/** Nobody has more addresses or numbers than this; what is beyond it is told once more when it comes again. */
const MOST_OF_A_PART = 8;

const fieldsOf = {
  name: ['firstName', 'lastName'],
  email: ['email'],
  phone: ['phone'],
  message: ['message'],
} as const satisfies Record<ContactPart, readonly (keyof Contact)[]>;

/** @param keys  by which the lead is found: of its address and number they are here already */
export function contactKeyOf(
  { firstName, lastName, message }: Contact,
  keys: readonly HashedKey[],
  personalData: Pick<PersonalData, 'keyedHash'>,
): ContactKey {
  const found = (wanted: 'email' | 'phone') => {
    const key = keys.find(({ kind }) => kind === wanted);
    return key && { [wanted]: short(key.key) };
  };
  const hasName = firstName !== undefined || lastName !== undefined;
  const name = JSON.stringify([firstName ?? '', lastName ?? '']);
  return {
    ...found('email'),
    ...found('phone'),
    ...(hasName && { name: short(personalData.keyedHash('name', name)) }),
    ...(message !== undefined && { message: short(personalData.keyedHash('message', message)) }),
  };
}

/** What is known after this came, and the fields of which this is a new value. */
export function noteContact(
  known: ContactKeys,
  key: ContactKey,
  contact: Contact,
): { readonly contact: ContactKeys; readonly fresh: readonly (keyof Contact)[] } {
  const after: Partial<Record<ContactPart, readonly string[]>> = { ...known };
  const fresh: (keyof Contact)[] = [];
  for (const part of Object.keys(key) as ContactPart[]) {
    const [value, before] = [key[part] as string, known[part] ?? []];
    if (before.includes(value)) continue;
    after[part] = [...before.slice(1 - MOST_OF_A_PART), value];
    fresh.push(...fieldsOf[part].filter((field) => contact[field] !== undefined));
  }
  return { contact: after, fresh };
}

/** 96 bits are enough to tell apart the few values of one lead. */
function short(key: Buffer): string {
  return key.subarray(0, 12).toString('base64');
}

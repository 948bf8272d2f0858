import { Injectable } from '@nestjs/common';
import type { Contact } from '@fairlead/decisions';
import { contactTogether } from '@fairlead/decisions/replay';
import type { Sealed } from '@fairlead/events';
import { isUnopenable, PersonalData, type Place } from '@fairlead/personal-data';
import type { DueDelivery } from './webhook.js';

export type SealedContact = (typeof Sealed)['static'];

/** The contact is there and cannot be opened, although its lead was not erased: something is wrong with the keys. */
export const UNREADABLE = Symbol('unreadable contact');

type SealedItem = Place & { readonly sealed: SealedContact };

/** Opens the contact data of leads whose party may see it, at the moment of sending and for a whole batch at once. */
@Injectable()
export class Contacts {
  constructor(private readonly personalData: PersonalData) {}

  /** In the order given. Undefined: not to be shown. Null: the lead was erased. UNREADABLE: not to be sent now. */
  async open(due: readonly DueDelivery[]): Promise<unknown[]> {
    const opened: unknown[] = due.map(() => undefined);
    const places: number[] = [];
    const items: SealedItem[] = [];
    due.forEach(({ leadId, contact, contactEvent, furtherContacts }, place) => {
      const first = contact && contactEvent !== null ? [{ event: contactEvent, sealed: contact }] : [];
      for (const { event, sealed } of [...first, ...(furtherContacts ?? [])]) {
        places.push(place);
        items.push({ leadId, eventId: event, field: 'contact', sealed });
      }
    });
    if (items.length === 0) return opened;
    const values = await this.#unsealAll(items);
    for (const [place, parts] of Map.groupBy(values.keys(), (i) => places[i] as number))
      opened[place] = together(parts.map((i) => values[i]));
    return opened;
  }

  async #unsealAll(items: readonly SealedItem[]): Promise<unknown[]> {
    try {
      return await this.personalData.unseal(items);
    } catch (error) {
      if (!isUnopenable(error)) throw error;
      // One that cannot be opened must not hold up the others of its batch.
      if (items.length === 1) return [UNREADABLE];
      const half = items.length >> 1;
      return [...(await this.#unsealAll(items.slice(0, half))), ...(await this.#unsealAll(items.slice(half)))];
    }
  }
}

/** What of a lead's contact data came one after the other, as one. */
function together(parts: readonly unknown[]): unknown {
  if (parts.includes(UNREADABLE)) return UNREADABLE;
  return parts.includes(null) ? null : contactTogether(parts as readonly Contact[]);
}

import { Injectable } from '@nestjs/common';
import type { Sealed } from '@fairlead/events';
import { LeadKeyMissing, PersonalData, type Place, SealBroken } from '@fairlead/personal-data';
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
    due.forEach(({ leadId, contact, contactEvent }, place) => {
      if (!contact || contactEvent === null) return;
      places.push(place);
      items.push({ leadId, eventId: contactEvent, field: 'contact', sealed: contact });
    });
    if (items.length === 0) return opened;
    const values = await this.#unsealAll(items);
    places.forEach((place, i) => (opened[place] = values[i]));
    return opened;
  }

  async #unsealAll(items: readonly SealedItem[]): Promise<unknown[]> {
    try {
      return await this.personalData.unseal(items);
    } catch (error) {
      if (!(error instanceof LeadKeyMissing) && !(error instanceof SealBroken)) throw error;
      // One that cannot be opened must not hold up the others of its batch.
      if (items.length === 1) return [UNREADABLE];
      const each = [];
      for (const item of items) each.push(...(await this.#unsealAll([item])));
      return each;
    }
  }
}

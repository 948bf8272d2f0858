import { Inject, Injectable, Logger } from '@nestjs/common';
import { classOf, UnitsOfWork } from '@fairlead/messaging';
import { OfferLinks } from '@fairlead/personal-data';
import { type NotificationSettings, SETTINGS } from '../config.js';
import { Contacts, UNREADABLE } from '../delivery/contacts.js';
import { rowsOf } from '../delivery/digest.js';
import { type DueDelivery, webhookBody } from '../delivery/webhook.js';
import { type PartyEvent, PartyEventsStore } from '../store/party-events.store.js';
import { digestOf, type Entry } from './digest.js';
import type { Send } from './door.js';
import { EmailDoor } from './email.door.js';
import { bodyOf, toldBy } from './told.js';

/**
 * What came since the last one, as a table by e-mail. It is made when it is sent, as webhooks are: of what has ended by then, or was erased,
 * it tells as little as they do.
 */
@Injectable()
export class DigestDoor {
  readonly #log = new Logger('webhooks');

  constructor(
    private readonly units: UnitsOfWork,
    private readonly events: PartyEventsStore,
    private readonly contacts: Contacts,
    private readonly email: EmailDoor,
    private readonly links: OfferLinks,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  prepare(to: readonly string[], { id, event }: DueDelivery, party: string): Send {
    const positions = rowsOf(event).map(({ position }) => position);
    return this.email.prepare(to, id, async () => {
      try {
        const entries = await this.#entries(party, positions);
        return entries && digestOf(entries, party, positions[0] ?? '');
      } catch (error) {
        // The database is away.
        this.#log.warn({ event: 'webhooks.interrupted', text: 'could not read a digest', errorClass: classOf(error) });
        return undefined;
      }
    });
  }

  /** Undefined where a contact cannot be opened: it is not sent without what it promises, and somebody has to look after the keys. */
  async #entries(party: string, positions: readonly string[]): Promise<Entry[] | undefined> {
    const events = (await this.events.chosen(this.units.query, party, positions)).map((each) => ({
      ...each,
      id: each.eventId,
    }));
    const contacts = await this.contacts.open(events);
    const bad = contacts.indexOf(UNREADABLE);
    if (bad < 0) return events.map((each, i) => this.#entryOf(each, contacts[i]));
    this.#log.error({ event: 'webhooks.contact-unreadable', leadId: events[bad]?.leadId });
    return undefined;
  }

  #entryOf(event: PartyEvent & DueDelivery, contact: unknown): Entry {
    const { publicUrl } = this.settings;
    const { ended } = event;
    // An offer that has ended is withheld where it would be sent alone. That there was one, and what it came to, is all that is told of it.
    const shown: DueDelivery =
      ended === null ? event : { ...event, facts: null, contributions: null, grade: null, score: null };
    const body = bodyOf(webhookBody(shown, ended === null ? contact : undefined, publicUrl));
    const told = toldBy(body, this.links, publicUrl);
    return { body, told: ended === null ? told : { ...told, link: undefined }, ended };
  }
}

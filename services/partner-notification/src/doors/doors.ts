import { Inject, Injectable } from '@nestjs/common';
import { OfferLinks } from '@fairlead/personal-data';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import { type NotificationSettings, SETTINGS } from '../config.js';
import type { Endpoint } from '../delivery/lane.js';
import { type DueDelivery, webhookBody } from '../delivery/webhook.js';
import { DIGEST_EVENT } from '../delivery/webhook-events.js';
import { ChatDoor } from './chat.door.js';
import { DigestDoor } from './digest.door.js';
import type { Send } from './door.js';
import { EmailDoor } from './email.door.js';
import { emailOf } from './email.js';
import { bodyOf, toldBy } from './told.js';
import { WebhookDoor } from './webhook.door.js';

/** All ways out, one for each kind of endpoint. Which deliveries take them, when and how often is the same for all. */
@Injectable()
export class Doors {
  constructor(
    private readonly webhook: WebhookDoor,
    private readonly email: EmailDoor,
    private readonly chat: ChatDoor,
    private readonly digest: DigestDoor,
    private readonly http: GuardedHttp,
    private readonly links: OfferLinks,
    @Inject(SETTINGS) private readonly settings: NotificationSettings,
  ) {}

  /**
   * Builds what is said, without saying it.
   * @param contact opened, as far as the party may see it by now
   * @throws where nothing can be made of it, which only a damaged row explains
   */
  prepare(endpoint: Endpoint, due: DueDelivery, contact: unknown, now: number): Send {
    const { address } = endpoint;
    const { publicUrl } = this.settings;
    if (address.kind === 'digest' && due.eventType === DIGEST_EVENT)
      return this.digest.prepare(address.to, due, endpoint.party);
    // In a chat read more people than a party could be entitled.
    const body = webhookBody(due, address.kind === 'chat' ? undefined : contact, publicUrl);
    const said = { id: due.id, eventType: due.eventType, body };
    if (address.kind === 'webhook') return this.webhook.prepare(endpoint, address, said, now);
    const told = toldBy(bodyOf(body), this.links, publicUrl);
    if (address.kind === 'chat') return this.chat.prepare(address, said, told);
    return this.email.prepare(address.to, due.id, () => emailOf(told));
  }

  async close(): Promise<void> {
    this.email.close();
    await this.http.close();
  }
}

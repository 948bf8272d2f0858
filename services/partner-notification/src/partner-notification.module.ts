import { Module } from '@nestjs/common';
import { MessagingModule } from '@fairlead/messaging';
import { OfferLinks, PersonalData, PersonalDataModule, SecretBox } from '@fairlead/personal-data';
import { Environment } from '@fairlead/platform';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import { type NotificationSettings, readSettings, SETTINGS } from './config.js';
import { Contacts } from './delivery/contacts.js';
import { Dispatcher } from './delivery/dispatcher.js';
import { EndpointOpener } from './delivery/endpoint-opener.js';
import { Recorder } from './delivery/recorder.js';
import { ChatDoor } from './doors/chat.door.js';
import { DigestDoor } from './doors/digest.door.js';
import { Doors } from './doors/doors.js';
import { EmailDoor } from './doors/email.door.js';
import { WebhookDoor } from './doors/webhook.door.js';
import { DeliveriesController } from './handlers/deliveries.controller.js';
import { DigestsTimer } from './handlers/digests.timer.js';
import { EndpointsController } from './handlers/endpoints.controller.js';
import { EventsController } from './handlers/events.controller.js';
import { LeadErasedHandler } from './handlers/lead-erased.handler.js';
import { LeadReceivedHandler } from './handlers/lead-received.handler.js';
import { LeadRoutedHandler } from './handlers/lead-routed.handler.js';
import { ReplaysController } from './handlers/replays.controller.js';
import { ReplaysTimer } from './handlers/replays.timer.js';
import { RetentionTimer } from './handlers/retention.timer.js';
import { WaitingReaders } from './handlers/waiting-readers.js';
import { DeliveriesStore } from './store/deliveries.store.js';
import { DeliveryHistoryStore } from './store/delivery-history.store.js';
import { DeliveryQueueStore } from './store/delivery-queue.store.js';
import { DigestsStore } from './store/digests.store.js';
import { EndpointsStore } from './store/endpoints.store.js';
import { LeadsStore } from './store/leads.store.js';
import { PartyEventsStore } from './store/party-events.store.js';
import { ReplaysStore } from './store/replays.store.js';
import { ResendsStore } from './store/resends.store.js';

export const NAME = 'partner-notification';
export const MIGRATIONS = new URL('../migrations/', import.meta.url);
/** A third of the deadline's default: there is still time to answer. */
const CONNECT_TIMEOUT_MS = 5_000;
/** An answer is a status; what else there is of it is read only to keep the connection. */
const MAX_ANSWER_BYTES = 65_536;

@Module({
  imports: [
    MessagingModule.forService({ name: NAME, migrations: MIGRATIONS, topics: ['lifecycle'] }),
    PersonalDataModule.register(),
  ],
  controllers: [
    EndpointsController,
    DeliveriesController,
    ReplaysController,
    EventsController,
    LeadReceivedHandler,
    LeadErasedHandler,
    LeadRoutedHandler,
  ],
  providers: [
    { provide: SETTINGS, inject: [Environment], useFactory: readSettings },
    {
      provide: GuardedHttp,
      inject: [SETTINGS],
      useFactory: ({ guard, proxy, secureContext, deadlineMs, concurrency }: NotificationSettings) =>
        new GuardedHttp({
          guard,
          proxy,
          secureContext,
          deadlineMs,
          connectTimeoutMs: Math.min(CONNECT_TIMEOUT_MS, deadlineMs),
          maxAnswerBytes: MAX_ANSWER_BYTES,
          // Nobody queues for a connection: who sends next is decided by `Turns` alone. Many endpoints share one host (of an automation
          // service, say), and with fewer connections than requests those that hang would hold them all before those that answer.
          connectionsPerOrigin: concurrency,
        }),
    },
    {
      provide: SecretBox,
      inject: [PersonalData],
      useFactory: (personalData: PersonalData) => new SecretBox(personalData.deriveKey('webhook-secrets')),
    },
    {
      provide: OfferLinks,
      inject: [PersonalData],
      useFactory: (personalData: PersonalData) => new OfferLinks(personalData.deriveKey('offer-links')),
    },
    WebhookDoor,
    EmailDoor,
    ChatDoor,
    DigestDoor,
    Doors,
    Contacts,
    EndpointOpener,
    Recorder,
    Dispatcher,
    DigestsTimer,
    ReplaysTimer,
    RetentionTimer,
    LeadsStore,
    EndpointsStore,
    DeliveriesStore,
    DigestsStore,
    DeliveryQueueStore,
    DeliveryHistoryStore,
    ResendsStore,
    ReplaysStore,
    PartyEventsStore,
    WaitingReaders,
  ],
})
export class PartnerNotificationModule {}

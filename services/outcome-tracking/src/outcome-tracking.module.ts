import { Module } from '@nestjs/common';
import { MessagingModule, Reads } from '@fairlead/messaging';
import { OfferLinks, PersonalData, PersonalDataModule } from '@fairlead/personal-data';
import { AfterEvents } from './after-events.js';
import { AnswerDesk } from './answer-desk.js';
import { AnswersController } from './handlers/answers.controller.js';
import { FlowController } from './handlers/flow.controller.js';
import { LeadEventsHandler } from './handlers/lead-events.handler.js';
import { LeadsController } from './handlers/leads.controller.js';
import { LinksController } from './handlers/links.controller.js';
import { OfferExpiryTimer } from './handlers/offer-expiry.timer.js';
import { OutcomesController } from './handlers/outcomes.controller.js';
import { PolicyActivatedHandler } from './handlers/policy-activated.handler.js';
import { ReadModelsController } from './handlers/read-models.controller.js';
import { RecycleController } from './handlers/recycle.controller.js';
import { ReminderTimer } from './handlers/reminder.timer.js';
import { ScorecardController } from './handlers/scorecard.controller.js';
import { SourceQualityController } from './handlers/source-quality.controller.js';
import { TimesController } from './handlers/times.controller.js';
import { TrustController } from './handlers/trust.controller.js';
import { CountsStore } from './store/counts.store.js';
import { FlowStore } from './store/flow.store.js';
import { IdempotencyKeysStore } from './store/idempotency-keys.store.js';
import { LeadsStore } from './store/leads.store.js';
import { PoolRulesStore } from './store/pool-rules.store.js';
import { PositionStore } from './store/position.store.js';
import { PromisesStore } from './store/promises.store.js';
import { ReturnsStore } from './store/returns.store.js';
import { SourceQualityStore } from './store/source-quality.store.js';
import { TimesStore } from './store/times.store.js';
import { TrustCountsStore } from './store/trust-counts.store.js';
import { WatchedLeadsStore } from './store/watched-leads.store.js';
import { TakeAnswer } from './take-answer.js';
import { ReadLead } from './view/read-lead.js';

export const migrations = new URL('../migrations/', import.meta.url);

/**
 * The events of a lead that comes alone follow one another within some ten milliseconds: two transactions take what would be four. An
 * answer that is here before its offer is waited with (`TakeAnswer`).
 */
const GATHER_MS = 25;

@Module({
  imports: [
    MessagingModule.forService({
      name: 'outcome-tracking',
      migrations,
      topics: ['lifecycle', 'control'],
      gatherMs: GATHER_MS,
    }),
    PersonalDataModule.register(),
  ],
  controllers: [
    LeadEventsHandler,
    PolicyActivatedHandler,
    AnswersController,
    OutcomesController,
    LinksController,
    RecycleController,
    LeadsController,
    FlowController,
    TrustController,
    TimesController,
    ScorecardController,
    SourceQualityController,
    ReadModelsController,
  ],
  providers: [
    Reads,
    {
      provide: OfferLinks,
      inject: [PersonalData],
      useFactory: (personalData: PersonalData) => new OfferLinks(personalData.deriveKey('offer-links')),
    },
    OfferExpiryTimer,
    ReminderTimer,
    AfterEvents,
    PoolRulesStore,
    WatchedLeadsStore,
    LeadsStore,
    FlowStore,
    CountsStore,
    PositionStore,
    PromisesStore,
    ReturnsStore,
    SourceQualityStore,
    TrustCountsStore,
    TimesStore,
    IdempotencyKeysStore,
    AnswerDesk,
    TakeAnswer,
    ReadLead,
  ],
})
export class OutcomeTrackingModule {}

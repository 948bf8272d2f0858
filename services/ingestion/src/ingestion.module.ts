import { Module } from '@nestjs/common';
import { MessagingModule, Reads } from '@fairlead/messaging';
import { PersonalDataModule } from '@fairlead/personal-data';
import { Environment } from '@fairlead/platform';
import { GuardedHttp } from '@fairlead/platform/outgoing';
import { INGESTION_SETTINGS, type IngestionSettings, readIngestionSettings } from './config.js';
import { EraseLead } from './erasure/erase-lead.js';
import { AccessTokens } from './feedback/access-tokens.js';
import { ErasureTimer } from './handlers/erasure.timer.js';
import { ErasuresController } from './handlers/erasures.controller.js';
import { FeedbackController } from './handlers/feedback.controller.js';
import { FeedbackHandler } from './handlers/feedback.handler.js';
import { FeedbackTimer } from './handlers/feedback.timer.js';
import { FetchesTimer, MAX_ANSWER_BYTES } from './handlers/fetches.timer.js';
import { HeldLeadsController } from './handlers/held-leads.controller.js';
import { HistoryController } from './handlers/history.controller.js';
import { HoldExpiryTimer } from './handlers/hold-expiry.timer.js';
import { IdempotencyKeysTimer } from './handlers/idempotency-keys.timer.js';
import { InboundLeadsReader } from './handlers/inbound-leads.reader.js';
import { InboundRemainderTimer } from './handlers/inbound-remainder.timer.js';
import { LeadsController } from './handlers/leads.controller.js';
import { NearMatchesTimer } from './handlers/near-matches.timer.js';
import { PolicyActivatedHandler } from './handlers/policy-activated.handler.js';
import { ProposedMergesController } from './handlers/proposed-merges.controller.js';
import { SetAsideController } from './handlers/set-aside.controller.js';
import { SplitsController } from './handlers/splits.controller.js';
import { SourceEventsController } from './handlers/source-events.controller.js';
import { SourceLeftoversTimer } from './handlers/source-leftovers.timer.js';
import { SourcesController } from './handlers/sources.controller.js';
import { SubmissionsController } from './handlers/submissions.controller.js';
import { SubmissionsTimer } from './handlers/submissions.timer.js';
import { Backlog } from './intake/backlog.js';
import { ChangeConsent } from './intake/change-consent.js';
import { CompleteLead } from './intake/complete-lead.js';
import { Intake } from './intake/intake.js';
import { MergeLeads } from './intake/merge-leads.js';
import { SplitLeads } from './intake/split-leads.js';
import { Rejections } from './intake/rejections.js';
import { TakeHistory } from './intake/take-history.js';
import { TakeIn } from './intake/take-in.js';
import { SourceVerifier } from './sources/source-verifier.js';
import { TakeArrivals } from './sources/take-arrivals.js';
import { ActivePolicyStore } from './store/active-policy.store.js';
import { ClicksStore } from './store/clicks.store.js';
import { ErasuresStore } from './store/erasures.store.js';
import { FeedbackTargetsStore } from './store/feedback-targets.store.js';
import { FeedbackStore } from './store/feedback.store.js';
import { FetchesStore } from './store/fetches.store.js';
import { HeldLeadsStore } from './store/held-leads.store.js';
import { IdempotencyKeysStore } from './store/idempotency-keys.store.js';
import { IdentitiesStore } from './store/identities.store.js';
import { ImportedDealsStore } from './store/imported-deals.store.js';
import { LeadsStore } from './store/leads.store.js';
import { MergesStore } from './store/merges.store.js';
import { ProposedMergesStore } from './store/proposed-merges.store.js';
import { SendersStore } from './store/senders.store.js';
import { SetAsideStore } from './store/set-aside.store.js';
import { SourcesStore } from './store/sources.store.js';
import { SubmissionsStore } from './store/submissions.store.js';
import { AcceptSubmission } from './submissions/accept-submission.js';
import { GatherLeads } from './submissions/gather-leads.js';
import { Waiting } from './submissions/waiting.js';
import { WorkOff } from './submissions/work-off.js';

export const migrations = new URL('../migrations/', import.meta.url);

/** What it reads is policies, and what became of leads, for sources that are told in their own time. */
const GATHER_MS = 100;
/** Well below the lease of what is asked for; a batch of contacts takes a tool some seconds. */
const FETCH_DEADLINE_MS = 20_000;
const CONNECT_TIMEOUT_MS = 5_000;
/** Every source of one tool may be at the same address. */
const CONNECTIONS_PER_ORIGIN = 10;

@Module({
  imports: [
    MessagingModule.forService({
      name: 'ingestion',
      migrations,
      topics: ['control', 'lifecycle'],
      gatherMs: GATHER_MS,
    }),
    PersonalDataModule.register(),
  ],
  controllers: [
    LeadsController,
    HeldLeadsController,
    ErasuresController,
    SourcesController,
    SourceEventsController,
    SetAsideController,
    FeedbackController,
    FeedbackHandler,
    ProposedMergesController,
    SubmissionsController,
    SplitsController,
    HistoryController,
    PolicyActivatedHandler,
  ],
  providers: [
    { provide: INGESTION_SETTINGS, inject: [Environment], useFactory: readIngestionSettings },
    {
      provide: GuardedHttp,
      inject: [INGESTION_SETTINGS],
      useFactory: ({ guard, proxy, secureContext }: IngestionSettings) =>
        new GuardedHttp({
          guard,
          proxy,
          secureContext,
          deadlineMs: FETCH_DEADLINE_MS,
          connectTimeoutMs: CONNECT_TIMEOUT_MS,
          maxAnswerBytes: MAX_ANSWER_BYTES,
          connectionsPerOrigin: CONNECTIONS_PER_ORIGIN,
        }),
    },
    ...[SourceVerifier, TakeArrivals, FetchesTimer, SourceLeftoversTimer, InboundLeadsReader, InboundRemainderTimer],
    ...[ProposedMergesStore, MergesStore, MergeLeads, SplitLeads, NearMatchesTimer],
    ...[ImportedDealsStore, TakeHistory],
    ...[SubmissionsStore, Waiting, AcceptSubmission, GatherLeads, WorkOff, SubmissionsTimer, Reads],
    ...[SendersStore, FeedbackStore, FeedbackTargetsStore, AccessTokens, FeedbackTimer],
    ...[
      Intake,
      TakeIn,
      CompleteLead,
      ChangeConsent,
      Rejections,
      Backlog,
      HoldExpiryTimer,
      IdempotencyKeysTimer,
      EraseLead,
      ErasureTimer,
    ],
    ...[
      SourcesStore,
      LeadsStore,
      IdentitiesStore,
      HeldLeadsStore,
      IdempotencyKeysStore,
      ActivePolicyStore,
      ErasuresStore,
      FetchesStore,
      ClicksStore,
      SetAsideStore,
    ],
  ],
})
export class IngestionModule {}

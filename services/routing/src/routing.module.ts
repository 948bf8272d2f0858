import { Module } from '@nestjs/common';
import { MessagingModule } from '@fairlead/messaging';
import { Environment } from '@fairlead/platform';
import { AccountClaims } from './account-claims.js';
import { readRoutingSettings, ROUTING_SETTINGS } from './config.js';
import { Desks } from './desk.js';
import { AccountClaimsController } from './handlers/account-claims.controller.js';
import { AccountsOfRecordController } from './handlers/accounts-of-record.controller.js';
import { ClaimsOfPartner } from './handlers/claims-of-partner.js';
import { DealRegistrationsController } from './handlers/deal-registrations.controller.js';
import { ExplanationsController } from './handlers/explanations.controller.js';
import { FirstPolicy } from './handlers/first-policy.js';
import { LeadAnswersHandler } from './handlers/lead-answers.handler.js';
import { LeadDeclinedHandler } from './handlers/lead-declined.handler.js';
import { LeadOfferExpiredHandler } from './handlers/lead-offer-expired.handler.js';
import { LeadRecycledHandler } from './handlers/lead-recycled.handler.js';
import { LeadScoredHandler } from './handlers/lead-scored.handler.js';
import { NamedAccountsController } from './handlers/named-accounts.controller.js';
import { OverridesController } from './handlers/overrides.controller.js';
import { PartnersController } from './handlers/partners.controller.js';
import { PlannedActivationTimer } from './handlers/planned-activation.timer.js';
import { PoliciesController } from './handlers/policies.controller.js';
import { PolicyActivationsController } from './handlers/policy-activations.controller.js';
import { PolicyComparisonController } from './handlers/policy-comparison.controller.js';
import { PolicyPreviewController } from './handlers/policy-preview.controller.js';
import { PolicyProposalsController } from './handlers/policy-proposals.controller.js';
import { RetentionTimer } from './handlers/retention.timer.js';
import { LeadMergesHandler } from './handlers/lead-merges.handler.js';
import { PolicyChecks } from './policy-checks.js';
import { Refusals } from './refusals.js';
import { AbsorbedStore } from './store/absorbed.store.js';
import { ActivationsStore } from './store/activations.store.js';
import { ClaimsStore } from './store/claims.store.js';
import { DecisionsStore } from './store/decisions.store.js';
import { LeadsStore } from './store/leads.store.js';
import { NamedAccountsStore } from './store/named-accounts.store.js';
import { PartnersStore } from './store/partners.store.js';
import { PoliciesStore } from './store/policies.store.js';
import { PoolsStore } from './store/pools.store.js';
import { ProposalsStore } from './store/proposals.store.js';
import { RecentLeadsStore } from './store/recent-leads.store.js';
import { RulesStore } from './store/rules.store.js';

export const migrations = new URL('../migrations/', import.meta.url);

@Module({
  imports: [MessagingModule.forService({ name: 'routing', migrations, topics: ['lifecycle'] })],
  controllers: [
    LeadScoredHandler,
    LeadDeclinedHandler,
    LeadOfferExpiredHandler,
    LeadRecycledHandler,
    LeadAnswersHandler,
    LeadMergesHandler,
    PoliciesController,
    PolicyActivationsController,
    PolicyProposalsController,
    PolicyComparisonController,
    PolicyPreviewController,
    PartnersController,
    NamedAccountsController,
    DealRegistrationsController,
    AccountsOfRecordController,
    AccountClaimsController,
    OverridesController,
    ExplanationsController,
  ],
  providers: [
    { provide: ROUTING_SETTINGS, inject: [Environment], useFactory: readRoutingSettings },
    FirstPolicy,
    RetentionTimer,
    PlannedActivationTimer,
    Desks,
    Refusals,
    RulesStore,
    PoolsStore,
    LeadsStore,
    AbsorbedStore,
    DecisionsStore,
    PoliciesStore,
    ActivationsStore,
    ProposalsStore,
    RecentLeadsStore,
    PolicyChecks,
    PartnersStore,
    NamedAccountsStore,
    AccountClaims,
    ClaimsOfPartner,
    ClaimsStore,
  ],
})
export class RoutingModule {}

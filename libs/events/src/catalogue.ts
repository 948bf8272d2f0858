import { AccountClaimRefused } from './account-claim-refused.js';
import { AccountProtected } from './account-protected.js';
import { AccountReleased } from './account-released.js';
import { AnswersNoted } from './answers-noted.js';
import type { EventDefinition } from './define-event.js';
import { EventParked } from './event-parked.js';
import { EventRedriven } from './event-redriven.js';
import { LeadAbsorbed } from './lead-absorbed.js';
import { LeadAccepted } from './lead-accepted.js';
import { LeadAmended } from './lead-amended.js';
import { LeadCompleted } from './lead-completed.js';
import { LeadConsentChanged } from './lead-consent-changed.js';
import { LeadContacted } from './lead-contacted.js';
import { LeadDeclined } from './lead-declined.js';
import { LeadEngaged } from './lead-engaged.js';
import { LeadErased } from './lead-erased.js';
import { LeadHeld } from './lead-held.js';
import { LeadImported } from './lead-imported.js';
import { LeadLost } from './lead-lost.js';
import { LeadMerged } from './lead-merged.js';
import { LeadOfferExpired } from './lead-offer-expired.js';
import { LeadOverridden } from './lead-overridden.js';
import { LeadQualified } from './lead-qualified.js';
import { LeadReceived } from './lead-received.js';
import { LeadRecycled } from './lead-recycled.js';
import { LeadRejected } from './lead-rejected.js';
import { LeadReminded } from './lead-reminded.js';
import { LeadReturned } from './lead-returned.js';
import { LeadRouted } from './lead-routed.js';
import { LeadScored } from './lead-scored.js';
import { LeadSplit } from './lead-split.js';
import { LeadUnroutable } from './lead-unroutable.js';
import { LeadWon } from './lead-won.js';
import { ModelActivated } from './model-activated.js';
import { ModelShadowEnded } from './model-shadow-ended.js';
import { ModelShadowed } from './model-shadowed.js';
import { NamedAccountsChanged } from './named-accounts-changed.js';
import { NamedAccountsEntries } from './named-accounts-entries.js';
import { PartnerEndpointDisabled } from './partner-endpoint-disabled.js';
import { PartnerEndpointEnabled } from './partner-endpoint-enabled.js';
import { PartnerNotified } from './partner-notified.js';
import { PartnerUnreachable } from './partner-unreachable.js';
import { PolicyActivated } from './policy-activated.js';
import { PolicyActivationCancelled } from './policy-activation-cancelled.js';
import { PolicyGuarded } from './policy-guarded.js';
import { PolicyProposalRejected } from './policy-proposal-rejected.js';
import { RosterChanged } from './roster-changed.js';

/** Every event, in its newest version; earlier ones hang on their upcasts. */
export const allEvents: readonly EventDefinition[] = [
  AccountClaimRefused,
  AccountProtected,
  AccountReleased,
  AnswersNoted,
  EventParked,
  EventRedriven,
  LeadAbsorbed,
  LeadAccepted,
  LeadAmended,
  LeadCompleted,
  LeadConsentChanged,
  LeadContacted,
  LeadDeclined,
  LeadEngaged,
  LeadErased,
  LeadHeld,
  LeadImported,
  LeadLost,
  LeadMerged,
  LeadOfferExpired,
  LeadOverridden,
  LeadQualified,
  LeadReceived,
  LeadRecycled,
  LeadRejected,
  LeadReminded,
  LeadReturned,
  LeadRouted,
  LeadScored,
  LeadSplit,
  LeadUnroutable,
  LeadWon,
  ModelActivated,
  ModelShadowEnded,
  ModelShadowed,
  NamedAccountsChanged,
  NamedAccountsEntries,
  PartnerEndpointDisabled,
  PartnerEndpointEnabled,
  PartnerNotified,
  PartnerUnreachable,
  PolicyActivated,
  PolicyActivationCancelled,
  PolicyGuarded,
  PolicyProposalRejected,
  RosterChanged,
];

export { type DataOf, defineEvent, type EventDefinition, type EventOf, type FairleadEvent } from './define-event.js';
export {
  causedBy,
  type Consequence,
  type EncodedEvent,
  encodeEvent,
  type EventToEncode,
  MAX_EVENT_BYTES,
} from './encode-event.js';
export { decodeEvent, decoderFor } from './decode-event.js';
export { derivedId } from './derived-id.js';
export { InvalidEvent } from './invalid-event.js';
export { problemIn } from './plain-json.js';
export {
  CONTENT_TYPE,
  CONTENT_TYPE_HEADER,
  recordHeaders,
  type Topic,
  topicName,
  topics,
  type TopicSettings,
  TYPE_HEADER,
} from './topics.js';
export { allEvents } from './catalogue.js';
export {
  Amount,
  Consent,
  ConsentState,
  Considered,
  DecisionStamp,
  EngagedAt,
  Facts,
  Grade,
  KnownLead,
  LeadState,
  ModelRef,
  PolicyRef,
  Reachable,
  Reason,
  reasons,
  RefusedCounts,
  Sealed,
} from './shapes.js';
export { AccountClaimRefused } from './account-claim-refused.js';
export { AccountProtected } from './account-protected.js';
export { AccountReleased } from './account-released.js';
export { AnswersNoted } from './answers-noted.js';
export { EventParked } from './event-parked.js';
export { EventRedriven } from './event-redriven.js';
export { LeadAbsorbed } from './lead-absorbed.js';
export { LeadAccepted } from './lead-accepted.js';
export { LeadAmended } from './lead-amended.js';
export { LeadCompleted } from './lead-completed.js';
export { LeadConsentChanged } from './lead-consent-changed.js';
export { LeadContacted } from './lead-contacted.js';
export { LeadDeclined } from './lead-declined.js';
export { LeadEngaged } from './lead-engaged.js';
export { LeadErased } from './lead-erased.js';
export { LeadHeld } from './lead-held.js';
export { LeadImported } from './lead-imported.js';
export { LeadLost } from './lead-lost.js';
export { LeadMerged } from './lead-merged.js';
export { LeadOfferExpired } from './lead-offer-expired.js';
export { LeadOverridden } from './lead-overridden.js';
export { LeadQualified } from './lead-qualified.js';
export { LeadReceived } from './lead-received.js';
export { LeadRecycled } from './lead-recycled.js';
export { LeadRejected } from './lead-rejected.js';
export { LeadReminded } from './lead-reminded.js';
export { LeadReturned } from './lead-returned.js';
export { LeadRouted } from './lead-routed.js';
export { LeadScored } from './lead-scored.js';
export { LeadSplit } from './lead-split.js';
export { LeadUnroutable } from './lead-unroutable.js';
export { LeadWon } from './lead-won.js';
export { ModelActivated } from './model-activated.js';
export { ModelShadowEnded } from './model-shadow-ended.js';
export { ModelShadowed } from './model-shadowed.js';
export { NamedAccountsChanged } from './named-accounts-changed.js';
export { NamedAccountsEntries } from './named-accounts-entries.js';
export { PartnerEndpointDisabled } from './partner-endpoint-disabled.js';
export { PartnerEndpointEnabled } from './partner-endpoint-enabled.js';
export { PartnerNotified } from './partner-notified.js';
export { PartnerUnreachable } from './partner-unreachable.js';
export { PolicyActivated } from './policy-activated.js';
export { PolicyActivationCancelled } from './policy-activation-cancelled.js';
export { PolicyGuarded } from './policy-guarded.js';
export { PolicyProposalRejected } from './policy-proposal-rejected.js';
export { RosterChanged } from './roster-changed.js';

// normalise: what a lead as it was sent means, in the form in which decisions compare
export { type ActivityInput, type NormalisedActivity, normaliseActivity } from './normalise/activity.js';
export { type FieldError, shownName } from './normalise/field-error.js';
export {
  historyFields,
  leadFields,
  LeadInput,
  MAX_EXTERNAL_ID,
  MAX_FREE_BYTES,
  MAX_FREE_VALUES,
} from './normalise/lead-input.js';
export {
  applyMapping,
  bindMapping,
  type BoundMapping,
  type Mapped,
  Mapping,
  mappingOfOurFields,
  parseMapping,
} from './normalise/mapping.js';
export { type Completeness, isNeed, missingFields } from './normalise/missing-fields.js';
export { readMoment } from './normalise/moment.js';
export type { KeptTexts } from './replay/kept-texts.js';
export {
  NOTHING_TO_DECIDE,
  type OtherRules,
  type PolicyWould,
  type Redecided,
  RoutingReplay,
} from './replay/replay-routing.js';
export { type Rescored, ScoreReplay } from './replay/replay-scores.js';
export { RuleHistory } from './replay/rule-history.js';
export { type Changed, type Fate, type Otherwise, type Share, WhatIf, type WhatIfResult } from './replay/what-if.js';
export {
  type Contact,
  isExternalId,
  type Normalisation,
  type NormalisedLead,
  normaliseLead,
  type NormaliseOptions,
} from './normalise/normalise-lead.js';
export { checkShape } from './normalise/shape.js';
export { parseDefaults } from './normalise/source-defaults.js';

export { wrongWithAmount } from './normalise/currency.js';

// history: deals that were routed and closed elsewhere
export { contactFields, DealInput, type DealOutcome, dealOutcomes } from './history/deal-input.js';
export {
  type Deal,
  type DealVerdict,
  EARLIEST_OUTCOME_MS,
  isToldAlike,
  type KnownDeal,
  MOST_REVISIONS,
  tellDeal,
  toldAs,
  type ToldDeal,
} from './history/deal.js';
export { CHANNEL, partyOfDeal } from './history/party-of-deal.js';
export { type DealReading, readDeal } from './history/read-deal.js';

// identify: who is the same
export {
  type Arrival,
  type Identification,
  type Identified,
  identifyArrivals,
  identityOf,
} from './identify/identify-arrivals.js';
export {
  type IdentityKey,
  identityKeys,
  type IdentityKind,
  identityKinds,
  type KnownLead,
  type Match,
  matchLead,
} from './identify/identity.js';

export { contactTogether, type ContactTogether } from './identify/contact-together.js';
export { comparableName, type NearReason, probableAddress } from './identify/near.js';
export { type Doing, engage, firstKnowledge, type Knowledge, learn, type Learned } from './identify/learn.js';

// lifecycle: which step of a lead may follow which, and what is counted of it
export * from './fold.js';
export { type Answer, type AnswerType, answerTypes, mayFollow } from './lifecycle/answer.js';
export { consentAllows, consentAllowsChannel, consentStateOf } from './route/consent.js';
export { type DecidedLead, isJudgedBetter, mayBeRoutedAgain, whyConsentDecides } from './route/judged-again.js';
export { redecide } from './route/redecide.js';
export { explain, type Explanation, type RecordedDecision, weigh, type Weighed } from './route/explain.js';
export { type Amendment, type AmendmentVerdict, judgeAmendment, mostCorrections } from './lifecycle/judge-amendment.js';
export { type AnswerRefusal, clockSkewMs, judgeAnswer, ranOut, type Verdict } from './lifecycle/judge-answer.js';
export { firstReminder, nextReminder, type Reminder, reminderOf, type ReminderRules } from './lifecycle/reminders.js';
export { isRepair, judgeRecycling, recyclingOf, type RecycleVerdict } from './lifecycle/recycle.js';
export { type Amount, isLive, leadStages, type OfferStage } from './lifecycle/standing.js';

// trust: figures that both sides can check
export { type Estimate, type Interval, type OutcomeEstimates } from './trust/estimate-outcomes.js';
export {
  type ByGrade,
  type Figures,
  figures,
  type PromiseKept,
  type TrustFigures,
  trustFigures,
} from './trust/figures.js';
export {
  type Age,
  ages,
  bucketHours,
  daysUntil,
  type Moments,
  momentsOf,
  tallyWithin,
  type TimedStep,
} from './trust/cohorts.js';
export { decomposeGap, type Gap } from './trust/decompose-gap.js';
export {
  type ChannelGap,
  type Compared,
  type ComparedCounts,
  type KindCount,
  type LikeForLike,
  likeForLike,
  likeForLikeBy,
  type PartyLikeForLike,
} from './trust/like-for-like.js';
export { type Rate, rate } from './trust/rate.js';
export {
  type Beside,
  type ComparedBeside,
  type ComparedOrWithheld,
  type PartySide,
  type PromiseToParty,
  type Returns,
  type Scorecard,
  scorecard,
  type Together,
  type VendorSide,
} from './trust/scorecard.js';
export { type Standardised, standardise } from './trust/standardise.js';
export { isShownTo, mayBeShown } from './trust/suppress.js';
export type { Stratum } from './trust/stratum.js';
export { CAMPAIGN, kindOf, NO_KIND } from './trust/traits.js';
export { countsShownTo, type NoWord, type TrustCounts, type TrustReport, trustReport } from './trust/trust-report.js';
export {
  type Durations,
  percentileTime,
  type PercentileTime,
  type TimePoint,
  timesToEvent,
} from './trust/time-to-event.js';
export { type TimedLeads, type Times, type TimesReport, timesReport } from './trust/times-report.js';
export type { Estimated } from './trust/weighted-sum.js';

// score: how good a lead is, and why
export { defaultModel } from './score/default-model.js';
export { numberOf, type ScorableLead, type Value, valueOf } from './score/lead-values.js';
export type { AxisDocument, LearnedDocument, LearnedFactorDocument, PairDocument } from './score/learned-model.js';
export { type Model, ModelDocument, modelOf, type PointsDocument, readModel } from './score/model.js';
export { isScoreCause, scorable, type Scorable, type ScoreCause } from './score/scorable.js';
export { partOf, quantityOf } from './score/score-learned.js';
export { gradeOf, type Score, scoreLead } from './score/score-lead.js';

// route: who is offered a lead, and why not the others
export { allocate, type Allocation, type Credits, type Eligible, LEAD, UNCLAIMED } from './route/allocate.js';
export {
  checkPartner,
  checkPolicy,
  type RecentLead,
  type Surroundings,
  type Warning,
  type WarningKind,
} from './route/check-policy.js';
export { compareDocuments, type Difference } from './route/compare-documents.js';
export { defaultPolicy } from './route/default-policy.js';
export { dayOf, type Load, Loads } from './route/loads.js';
export { matchPool } from './route/match-pool.js';
export { AnnouncedAccounts, type Announced } from './route/announced-accounts.js';
export { type NamedAccount, type NamedAccountDocument, NamedAccountList } from './route/named-account-list.js';
export {
  type ListReading,
  ListDocument,
  MAX_NAMED_ACCOUNTS,
  NamedAccountsReader,
  readNamedAccounts,
  readEnd,
} from './route/named-accounts.js';
export { DIRECT, isPartnerId } from './route/party.js';
export { PartnerDocument, readPartner } from './route/partner.js';
export { durationMs } from './document/shapes.js';
export {
  type FollowUpRule,
  type Policy,
  PolicyDocument,
  policyOf,
  type Pool,
  type Quality,
  readPolicy,
  type ReturnRule,
} from './route/policy.js';
export { readPolicyDraft } from './route/policy-draft.js';
export { type DatedLead, type Preview, type PreviewCount, previewPolicy } from './route/preview.js';
export { accountsMetBy, type PreviewMaterial, previewOf, rulesOf } from './route/preview-material.js';
export {
  accountKeys,
  type Claim,
  type ClaimedAccount,
  type ClaimKind,
  ProtectedAccounts,
  writtenAccount,
} from './route/protected-accounts.js';
export { type ClaimDecision, type Conflict, decideClaim, readAccount } from './route/claim-account.js';
export {
  problemsOfRow,
  readRosterChanges,
  rosterChanges,
  type RosterRow,
  type RowProblem,
} from './route/roster-changes.js';
export { MAX_PARTNERS, type Partner, partnerOf, type Refusal, Roster, rosterHash } from './route/roster.js';
export {
  type EarlierOffers,
  NO_CONSENT,
  ABSORBED,
  type OfferedAgain,
  overrideLead,
  policyWould,
  poolFor,
  type RoutableLead,
  type Routed,
  routeLead,
  type RoutingDecision,
  type Rules,
  type Unroutable,
} from './route/route-lead.js';
export {
  applyDecision,
  creditEntries,
  type CreditEntry,
  creditKey,
  type DecisionOrder,
  freePlace,
  type Level,
  type MadeOffer,
  newRoutingState,
  note,
  type PoolState,
  refuseOffer,
  returnLead,
  type RoutingState,
  type Side,
  tellNoted,
  withdrawOffer,
} from './route/routing-state.js';

// what both are made with
export { contentHash } from './document/content-hash.js';
export { type DocumentProblem, documentReader, type Path, type Reading } from './document/read-document.js';
export { engine } from './engine.js';

import {
  type Correction,
  currentOffer,
  isLive,
  leadStages,
  type Offer,
  type Outcome,
  outcomeTypes,
  type Standing,
} from '@fairlead/decisions';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { standingNow } from '../pending-answer.js';
import type { TrackedLead } from '../store/leads.store.js';

const offerStages = leadStages.slice(leadStages.indexOf('offered'), leadStages.indexOf('recycled'));
const grade = { enum: ['A', 'B', 'C', 'D'], nullable: true } as const;
const moment = { type: 'string', format: 'date-time', nullable: true } as const;

export class MoneyView {
  @ApiProperty() value: number;
  @ApiProperty({ example: 'EUR' }) currency: string;
}

export class OutcomeView {
  @ApiProperty({ enum: outcomeTypes }) type: string;
  @ApiProperty({ ...moment, nullable: false, description: 'When it happened.' }) at: string;
  @ApiPropertyOptional() reason?: string;
  @ApiPropertyOptional({ type: MoneyView }) amount?: MoneyView;
}

export class CorrectionView {
  @ApiProperty({ type: OutcomeView, description: 'As it had been reported.' }) was: OutcomeView;
  @ApiProperty({
    type: OutcomeView,
    nullable: true,
    description: 'What is right; null: nothing of the kind had happened.',
  })
  is: OutcomeView | null;
  @ApiProperty({ ...moment, nullable: false, description: 'When it was corrected.' }) at: string;
}

export class OfferView {
  @ApiProperty({ type: 'integer', minimum: 1, description: 'The first offer of a lead is 1.' }) number: number;
  @ApiProperty({ description: '`direct`, or the id of a partner.' }) party: string;
  @ApiProperty() pool: string;
  @ApiProperty({ example: 'emea@3' }) policy: string;
  @ApiProperty(grade) grade: string | null;
  @ApiProperty({
    enum: ['share', 'named-account', 'protected-account', 'fallback', 'override', 'no-consent'],
    description: 'Why it was made. Only `share` counts towards the promise.',
  })
  kind: string;
  @ApiProperty({ enum: offerStages }) stage: string;
  @ApiProperty({ ...moment, nullable: false }) offeredAt: string;
  @ApiProperty({ ...moment, nullable: false }) acceptBy: string;
  @ApiProperty(moment) deliveredAt: string | null;
  @ApiProperty(moment) acceptedAt: string | null;
  @ApiProperty(moment) contactedAt: string | null;
  @ApiProperty(moment) qualifiedAt: string | null;
  @ApiProperty(moment) closedAt: string | null;
  @ApiProperty({ type: String, nullable: true }) reason: string | null;
  @ApiProperty({ type: MoneyView, nullable: true }) amount: MoneyView | null;
  @ApiPropertyOptional({
    type: [CorrectionView],
    description: 'What its party corrected of its reports, in that order; everything else here is as corrected.',
  })
  corrections?: CorrectionView[];
}

export class ScoreReason {
  @ApiProperty() factor: string;
  @ApiProperty({ type: 'integer' }) points: number;
  @ApiProperty() reason: string;
}

/** A lead in a list. Contact data are in no list: they are read one lead at a time, by whoever is to call it. */
export class LeadSummary {
  @ApiProperty({ format: 'uuid' }) id: string;
  @ApiProperty({ enum: leadStages }) state: string;
  @ApiProperty({ type: String, nullable: true }) source: string | null;
  @ApiProperty({ type: String, nullable: true }) externalId: string | null;
  @ApiProperty({ ...moment, nullable: false }) receivedAt: string;
  @ApiProperty(grade) grade: string | null;
  @ApiProperty({ type: 'integer', nullable: true, minimum: 0, maximum: 100 }) score: number | null;
  @ApiProperty({ type: String, nullable: true, description: 'Who was offered the lead last.' }) party: string | null;
  @ApiProperty({ ...moment, description: 'While an offer is open: until when it can be accepted.' })
  acceptBy: string | null;
  @ApiProperty({ enum: ['won', 'lost', 'returned'], nullable: true }) outcome: string | null;
  @ApiProperty({ type: 'object', additionalProperties: true, description: 'What decisions look at.' })
  facts: Record<string, unknown>;
  @ApiPropertyOptional({
    ...moment,
    nullable: false,
    description: 'With `silentFor`: when its party said something last.',
  })
  silentSince?: string;
}

export class ContactView {
  @ApiPropertyOptional() firstName?: string;
  @ApiPropertyOptional() lastName?: string;
  @ApiPropertyOptional() email?: string;
  @ApiPropertyOptional() phone?: string;
  @ApiPropertyOptional() message?: string;
  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', additionalProperties: { type: 'string' } },
    description: 'What the lead said otherwise later: another address or number, one more message.',
  })
  further?: readonly object[];
}

const WHY_UNREADABLE = {
  LeadKeyMissing: 'key-missing',
  SealBroken: 'key-does-not-fit',
  MasterKeyUnusable: 'master-key-unusable',
} as const;

export class ConsentView {
  @ApiProperty() given: boolean;
  @ApiPropertyOptional({ ...moment, nullable: false }) at?: string;
  @ApiPropertyOptional({ description: 'The wording that was agreed to.' }) text?: string;
}

export class LeadView extends LeadSummary {
  @ApiProperty({ type: [ScoreReason], description: 'What the score is made of.' }) reasons: ScoreReason[];
  @ApiProperty({ type: [String] }) missing: string[];
  @ApiProperty({ type: 'integer', minimum: 1, description: 'How often somebody sent this lead, or told what it did.' })
  touches: number;
  @ApiProperty({ type: [OfferView], description: 'In their order. A partner sees its own.' }) offers: OfferView[];
  @ApiPropertyOptional({
    type: ContactView,
    nullable: true,
    description: 'Only for whoever may have it now; null when the lead has none, was erased, or cannot be opened.',
  })
  contact?: ContactView | null;
  @ApiPropertyOptional({
    type: ConsentView,
    description: 'What the person said last; to whoever may have the contact.',
  })
  consent?: ConsentView;
  @ApiPropertyOptional({
    enum: Object.values(WHY_UNREADABLE),
    description:
      'Why there is no contact although the lead has one: its key is missing, does not fit, or the master key does not open it. ' +
      'Somebody has to look after the keys; everything else is as it is.',
  })
  contactUnreadable?: string;
}

export class LeadPage {
  @ApiProperty({ type: [LeadSummary] }) leads: LeadSummary[];
  @ApiPropertyOptional({ description: 'There are more: give this as `after`.' }) next?: string;
}

/** What one reader may see of where the lead stands: a partner sees its own offers, and nothing of what came after. */
export function standingFor(lead: TrackedLead, partner: string | undefined): Standing | undefined {
  const standing = standingNow(lead);
  if (partner === undefined) return standing;
  const offers = standing.offers.filter(({ party }) => party === partner);
  const latest = offers.at(-1);
  if (!latest) return undefined;
  return { ...standing, state: standing.state === 'erased' ? 'erased' : latest.stage, grade: latest.grade, offers };
}

/**
 * Whether a partner may have the contact details: from the offer on or from its acceptance on, as the policy says, and as
 * long as the lead is its own.
 */
export function isRevealed(standing: Standing): boolean {
  const offer = currentOffer(standing);
  if (!offer) return false;
  return offer.stage === 'offered' ? offer.reveal === 'on-offer' : isLive(offer) || offer.stage === 'won';
}

export function summaryOf({ id, receivedAt, details }: TrackedLead, standing: Standing): LeadSummary {
  const offer = currentOffer(standing);
  return {
    id,
    state: standing.state,
    source: details.sourceId,
    externalId: details.externalId,
    receivedAt: instant(receivedAt),
    grade: standing.grade,
    score: standing.score,
    party: offer?.party ?? null,
    acceptBy: offer?.stage === 'offered' ? instant(offer.acceptBy) : null,
    outcome: offer && ['won', 'lost', 'returned'].includes(offer.stage) ? offer.stage : null,
    facts: details.facts,
  };
}

export function viewOf(lead: TrackedLead, standing: Standing): LeadView {
  return {
    ...summaryOf(lead, standing),
    reasons: [...lead.details.reasons],
    missing: [...lead.details.missing],
    touches: lead.touches,
    offers: standing.offers.map(offerView),
  };
}

/** What the person agreed to; undefined where nobody has said anything. */
export function consentView({ details: { consent } }: TrackedLead): ConsentView | undefined {
  if (!consent) return undefined;
  const { given, at, text } = consent;
  return { given, ...(at !== undefined && { at: instant(at) }), ...(text !== undefined && { text }) };
}

/** Whether the person refused that a partner has their details: not even one that had them before is shown them again. */
export function isRefused({ details: { consent } }: TrackedLead): boolean {
  return consent?.given === false;
}

export function unreadable({ name }: { readonly name: keyof typeof WHY_UNREADABLE }): string {
  return WHY_UNREADABLE[name];
}

function offerView(offer: Offer): OfferView {
  const { number, party, pool, policy, kind, stage, reason, amount } = offer;
  return {
    number,
    party,
    pool,
    policy,
    grade: offer.grade,
    kind,
    stage,
    offeredAt: instant(offer.offeredAt),
    acceptBy: instant(offer.acceptBy),
    deliveredAt: instantOrNull(offer.deliveredAt),
    acceptedAt: instantOrNull(offer.acceptedAt),
    contactedAt: instantOrNull(offer.contactedAt),
    qualifiedAt: instantOrNull(offer.qualifiedAt),
    closedAt: instantOrNull(offer.closedAt),
    reason,
    amount,
    ...(offer.corrections.length > 0 && { corrections: offer.corrections.map(correctionView) }),
  };
}

function correctionView({ was, is, at }: Correction): CorrectionView {
  return { was: outcomeView(was), is: is && outcomeView(is), at: instant(at) };
}

function outcomeView({ at, type, reason, amount }: Outcome): OutcomeView {
  return { type, at: instant(at), ...(reason !== undefined && { reason }), ...(amount && { amount }) };
}

export function instant(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

function instantOrNull(milliseconds: number | null): string | null {
  return milliseconds === null ? null : instant(milliseconds);
}

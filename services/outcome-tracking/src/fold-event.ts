import {
  type Consent,
  type FairleadEvent,
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
  LeadReturned,
  LeadRouted,
  LeadScored,
  LeadSplit,
  LeadUnroutable,
  LeadWon,
  PartnerNotified,
} from '@fairlead/events';
import { advance, ofSource, type OfferKind, readTraits, type Step, writeTraits } from '@fairlead/decisions/fold';
import { type LeadChange, type LeadDetails, type TrackedLead, unseen } from './store/leads.store.js';

/** The events of a lead that its view is made of. */
export type LeadEvent =
  | LeadReceived
  | LeadRejected
  | LeadMerged
  | LeadEngaged
  | LeadConsentChanged
  | LeadAbsorbed
  | LeadSplit
  | LeadHeld
  | LeadImported
  | LeadCompleted
  | LeadErased
  | LeadScored
  | LeadRouted
  | LeadUnroutable
  | LeadOverridden
  | LeadOfferExpired
  | LeadAccepted
  | LeadAmended
  | LeadDeclined
  | LeadContacted
  | LeadQualified
  | LeadWon
  | LeadLost
  | LeadReturned
  | LeadRecycled
  | PartnerNotified;

export const leadEvents = [
  LeadAbsorbed.type,
  LeadAccepted.type,
  LeadAmended.type,
  LeadCompleted.type,
  LeadConsentChanged.type,
  LeadContacted.type,
  LeadDeclined.type,
  LeadEngaged.type,
  LeadErased.type,
  LeadHeld.type,
  LeadImported.type,
  LeadLost.type,
  LeadMerged.type,
  LeadOfferExpired.type,
  LeadOverridden.type,
  LeadQualified.type,
  LeadReceived.type,
  LeadRecycled.type,
  LeadRejected.type,
  LeadReturned.type,
  LeadRouted.type,
  LeadScored.type,
  LeadSplit.type,
  LeadUnroutable.type,
  LeadWon.type,
  PartnerNotified.type,
];

const followed: ReadonlySet<string> = new Set(leadEvents);

export function isLeadEvent(event: FairleadEvent): event is LeadEvent {
  return followed.has(event.type);
}

/** What a batch of events, in the log's order, makes of the leads. */
export function followLeads(batch: readonly LeadEvent[], known: ReadonlyMap<string, TrackedLead>): LeadChange[] {
  const after = new Map<string, TrackedLead>();
  for (const event of batch) {
    const id = event.subject;
    after.set(id, foldEvent(after.get(id) ?? known.get(id) ?? unseen(id, timeOf(event)), event));
  }
  return [...after].map(([id, lead]) => ({ before: known.get(id), after: lead }));
}

/** The lead after one more of its events, in the log's order; with whatever else it was given. */
export function foldEvent<Lead extends TrackedLead>(lead: Lead, event: LeadEvent): Lead {
  if (event.type === 'lead.imported' && isOutdated(lead, event)) return { ...lead, events: countedAfter(lead) };
  const step = event.type === 'lead.routed' ? routed(event, traitsOf(lead)) : stepOf(event);
  const standing = step ? advance(lead.standing, step) : lead.standing;
  const details = detailsAfter(lead.details, event, standing.state === 'erased');
  return {
    ...lead,
    events: countedAfter(lead),
    receivedAt: receivedAfter(lead, event),
    touches: touchesAfter(lead.touches, event),
    details,
    traits: traitsAfter(lead, details),
    standing,
    // What was said here has come back: from now on it counts by its place in the log.
    pending: lead.pending.some(({ eventId }) => eventId === event.id)
      ? lead.pending.filter(({ eventId }) => eventId !== event.id)
      : lead.pending,
  };
}

function countedAfter({ events }: TrackedLead): number | null {
  return events === null ? null : events + 1;
}

/** Whether the deal has been told anew since, or this lead is no deal from elsewhere. */
function isOutdated({ touches, standing: { offers } }: TrackedLead, { data }: LeadImported): boolean {
  const [first] = offers;
  return first !== undefined && (first.policy !== data.policy || data.revision <= touches);
}

/** A deal from elsewhere has its place in lists, and in the figures of its source, when it began. */
function receivedAfter({ receivedAt }: TrackedLead, event: LeadEvent): number {
  if (event.type === 'lead.imported') return event.data.occurredAt;
  return event.type === 'lead.received' ? timeOf(event) : receivedAt;
}

/** As the lead is known by now. */
function traitsOf({ traits, details }: TrackedLead): string {
  return traits ?? writeTraits(details.sourceId, details.facts['attributes']);
}

function traitsAfter({ traits, details: before }: TrackedLead, { sourceId, facts }: LeadDetails): string | null {
  // Where a log is folded, facts that did not change may be there as a text, and what is not needed not at all.
  if (facts !== before.facts) {
    const isKnown = traits !== null && sourceId === before.sourceId;
    return writeTraits(isKnown ? readTraits(traits).source : sourceId, facts['attributes']);
  }
  return traits === null || sourceId === before.sourceId ? traits : ofSource(traits, sourceId);
}

function touchesAfter(touches: number, event: LeadEvent): number {
  switch (event.type) {
    case 'lead.merged':
    case 'lead.engaged':
    case 'lead.consent-changed':
      return Math.max(touches, event.data.touch);
    case 'lead.split':
      return event.data.touches;
    case 'lead.imported':
      return event.data.revision;
    default:
      return touches;
  }
}

/** @throws RangeError for a moment that is none, in the 13th month or so, which the form of an event lets through */
export function timeOf(event: FairleadEvent): number {
  const time = Date.parse(event.time);
  if (Number.isNaN(time)) throw new RangeError('its time is no moment');
  return time;
}

function stepOf(event: Exclude<LeadEvent, LeadRouted>): Step | undefined {
  switch (event.type) {
    case 'lead.merged':
    case 'lead.engaged':
    case 'lead.consent-changed':
    case 'lead.absorbed':
    case 'lead.split':
      return undefined;
    case 'lead.received':
      return { type: 'received' };
    case 'lead.rejected':
      return { type: 'rejected' };
    case 'lead.held':
      return { type: 'held' };
    case 'lead.imported':
      return imported(event);
    case 'lead.completed':
      return { type: 'completed' };
    case 'lead.erased':
      return { type: 'erased', at: timeOf(event) };
    case 'lead.recycled':
      return { type: 'recycled' };
    case 'lead.scored':
      return { type: 'scored', state: event.data.state, grade: event.data.grade, score: event.data.score };
    case 'lead.unroutable':
      return { type: 'unroutable', notQualified: event.data.reason === 'not-qualified', at: event.data.decided.now };
    case 'lead.overridden':
      return { type: 'overridden', at: timeOf(event) };
    case 'lead.offer-expired':
      return { type: 'expired', offer: event.data.offer, at: event.data.acceptBy };
    case 'lead.accepted':
    case 'lead.declined':
    case 'lead.contacted':
    case 'lead.qualified':
    case 'lead.won':
    case 'lead.lost':
    case 'lead.returned':
      return answered(event);
    case 'lead.amended':
      return amended(event);
    case 'partner.notified':
      return event.data.eventType === 'lead.routed'
        ? { type: 'delivered', party: event.data.party, at: timeOf(event) }
        : undefined;
  }
}

function routed({ data }: LeadRouted, traits: string): Step {
  const { policy, pool, now } = data.decided;
  return {
    type: 'routed',
    offer: data.offer,
    party: data.to,
    pool,
    policy: `${policy.name}@${policy.version}`,
    grade: data.grade,
    kind: kindOf(data),
    reveal: data.revealContact,
    at: now,
    acceptBy: data.acceptBy,
    traits,
  };
}

/** One offer, accepted as the deal began. Nothing was promised, so a share is all that it can be. */
function imported({ data }: LeadImported): Step {
  const { party, pool, policy, grade, occurredAt, contactedAt, qualifiedAt, closedAt, reason, amount } = data;
  return {
    type: 'imported',
    outcome: data.outcome,
    offer: {
      ...{ number: 1, party, pool, policy, grade, kind: 'share', reveal: 'on-accept' },
      ...{ offeredAt: occurredAt, acceptBy: occurredAt, deliveredAt: null, acceptedAt: occurredAt },
      ...{ contactedAt: contactedAt ?? null, qualifiedAt: qualifiedAt ?? null, closedAt: closedAt ?? null },
      ...{ reason: reason ?? null, amount: amount ?? null, corrections: [] },
      traits: writeTraits(data.sourceId, data.facts.attributes),
    },
  };
}

function kindOf({ to, namedAccount, protectedAccount, why, refusedCounts }: LeadRouted['data']): OfferKind {
  if (why === 'override' || why === 'fallback') return why;
  // One that its partner could not take says so, and went to somebody else.
  if (protectedAccount?.refusals.length === 0) return 'protected-account';
  if (namedAccount) return 'named-account';
  // No partner could compete for it, so it says nothing of whether the promise is kept.
  return to === 'direct' && refusedCounts['no-consent'] !== undefined ? 'no-consent' : 'share';
}

type AnswerEvent = Extract<
  LeadEvent,
  { readonly data: { readonly party: string; readonly offer: number; readonly at: number } }
>;

function answered({ type, data }: Exclude<AnswerEvent, LeadRecycled | LeadAmended>): Step {
  return {
    type: type.slice('lead.'.length) as 'accepted',
    party: data.party,
    offer: data.offer,
    at: data.at,
    ...('reason' in data && { reason: data.reason }),
    ...('amount' in data && { amount: data.amount }),
  };
}

function amended({ data }: LeadAmended): Step {
  const { party, offer, was, is, at } = data;
  return { type: 'amended', party, offer, was, is: is ?? null, at };
}

/** Whatever comes after it: no contact of an erased lead is kept. */
function detailsAfter(before: LeadDetails, event: LeadEvent, isErased: boolean): LeadDetails {
  const details = detailsTold(before, event);
  return isErased && (details.contact || details.furtherContacts.length > 0 || details.consent)
    ? { ...details, ...noContact }
    : details;
}

const noContact = { contact: null, contactEvent: null, furtherContacts: [], consent: null };

function detailsTold(details: LeadDetails, event: LeadEvent): LeadDetails {
  switch (event.type) {
    case 'lead.received':
    case 'lead.completed': {
      const { sourceId, facts, reachable, missing, contact, consent } = event.data;
      return {
        ...details,
        sourceId,
        facts,
        reachable,
        missing,
        ...('externalId' in event.data && { externalId: event.data.externalId ?? null }),
        ...(contact && { contact, contactEvent: event.id }),
        ...(consent && { consent }),
      };
    }
    case 'lead.imported': {
      const { sourceId, externalId, facts } = event.data;
      return { ...details, sourceId, externalId, facts };
    }
    case 'lead.held':
      return { ...details, held: true };
    case 'lead.merged': {
      const known = knownBetter(details, event);
      return { ...known, sentAgain: known.sentAgain === null ? null : known.sentAgain + 1 };
    }
    case 'lead.engaged':
    case 'lead.consent-changed':
      return knownBetter(details, event);
    case 'lead.absorbed':
      return { ...details, absorbedInto: event.data.into };
    case 'lead.split':
      return parted(details, event);
    case 'lead.rejected':
      return { ...details, sourceId: event.data.sourceId, externalId: event.data.externalId ?? null };
    case 'lead.scored':
      return {
        ...details,
        missing: event.data.missing,
        reasons: event.data.contributions,
        probability: event.data.probability ?? details.probability,
      };
    case 'lead.erased':
      return { ...details, ...noContact };
    default:
      return details;
  }
}

/** A lead's later contact data are told only where they are new, so these are few; beyond this the first of them are left out. */
const MOST_FURTHER_CONTACTS = 8;

/** Whoever has the lead is shown what is known by now. */
function knownBetter(details: LeadDetails, { id, data }: LeadMerged | LeadEngaged | LeadConsentChanged): LeadDetails {
  const contact = 'contact' in data ? data.contact : undefined;
  const { facts, reachable, missing, consent } = data.known ?? {};
  const isProof = consent !== undefined && !isSame(consent, details.consent);
  if (data.changed.length === 0 && !contact && !isProof) return details;
  const further = contact ? [{ event: id, sealed: contact }] : [];
  return {
    ...details,
    ...(facts && { facts }),
    ...(reachable && { reachable }),
    ...(missing && { missing }),
    ...(consent && { consent }),
    furtherContacts: [...details.furtherContacts, ...further].slice(-MOST_FURTHER_CONTACTS),
  };
}

/** What was known of it before it was made one with another; the contact that came with that is not its own any more. */
function parted(details: LeadDetails, { data: { part, merge, known } }: LeadSplit): LeadDetails {
  return {
    ...details,
    ...(known && {
      facts: known.facts,
      reachable: known.reachable,
      missing: known.missing,
      consent: known.consent ?? null,
    }),
    furtherContacts: details.furtherContacts.filter(({ event }) => event !== merge),
    absorbedInto: part === 'absorbed' ? null : details.absorbedInto,
  };
}

/** Whatever the order of their fields: what was kept comes back in another. */
function isSame(one: Consent, other: Consent | null): boolean {
  return one.given === other?.given && one.at === other.at && one.text === other.text;
}

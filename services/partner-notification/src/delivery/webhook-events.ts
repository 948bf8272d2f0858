import type {
  LeadAccepted,
  LeadAmended,
  LeadContacted,
  LeadDeclined,
  LeadErased,
  LeadLost,
  LeadOfferExpired,
  LeadOverridden,
  LeadQualified,
  LeadRecycled,
  LeadReminded,
  LeadReturned,
  LeadRouted,
  LeadWon,
} from '@fairlead/events';

/** What partners can subscribe to. */
export const subscribable = [
  'lead.routed',
  'lead.offer-expired',
  'lead.overridden',
  'lead.accepted',
  'lead.declined',
  'lead.contacted',
  'lead.qualified',
  'lead.won',
  'lead.lost',
  'lead.returned',
  'lead.amended',
  'lead.recycled',
  'lead.reminded',
  'lead.erased',
] as const;
export type Subscribable = (typeof subscribable)[number];

/** What a party sends itself to see whether its server is there. No event of a lead, and of nothing else: it is told to nobody but it. */
export const TEST_EVENT = 'fairlead.test';

/** What came since the last one, together: of no lead alone. It is told to endpoints of that kind, and by no event of ours. */
export const DIGEST_EVENT = 'fairlead.digest';

/** Deliveries that are about no one lead. */
export const ABOUT_NO_LEAD: readonly string[] = [TEST_EVENT, DIGEST_EVENT];

/** That one party is to be told of one event. */
export interface Notice {
  readonly party: string;
  readonly event: NoticeEvent;
  /** The part of the event that is this party's business; no personal data, because it is stored in clear. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Whether the webhook carries the lead's contact data, which is opened when it is sent. */
  readonly withContact: boolean;
}

/** What becomes of an offer, and is told as the event tells it. */
export type Announced =
  | LeadRouted
  | LeadOfferExpired
  | LeadOverridden
  | LeadAccepted
  | LeadDeclined
  | LeadContacted
  | LeadQualified
  | LeadWon
  | LeadLost
  | LeadReturned
  | LeadAmended
  | LeadRecycled
  | LeadReminded;

export type NoticeEvent = Announced | LeadErased;

/** Types whose webhooks describe the lead; the others only say what happened to a lead that the party knows. */
export const describesLead: ReadonlySet<string> = new Set<Subscribable>(['lead.routed', 'lead.accepted']);

/** Types that are not told when the offer is not the party's any more: it could do nothing about them. */
export const ofOffers: ReadonlySet<string> = new Set<Subscribable>(['lead.routed', 'lead.reminded']);

/**
 * Who is told of an event, and what.
 * @param holder the party that had the latest offer before this event
 */
export function noticesOf(event: Announced, holder: string | undefined): Notice[] {
  switch (event.type) {
    case 'lead.routed':
      return [routed(event)];
    case 'lead.overridden':
      return overridden(event, holder);
    case 'lead.recycled': {
      const party = event.data.party ?? holder;
      return party === undefined ? [] : [told(event, party, { reason: event.data.reason, at: iso(event.data.at) })];
    }
    case 'lead.reminded': {
      const { party, offer, what, number, at, acceptBy, silentSince } = event.data;
      const since = silentSince === undefined ? undefined : iso(silentSince);
      const until = acceptBy === undefined ? undefined : iso(acceptBy);
      return [told(event, party, { offer, what, number, at: iso(at), acceptBy: until, silentSince: since })];
    }
    case 'lead.offer-expired': {
      const { party, offer, acceptBy } = event.data;
      return [told(event, party, { offer, acceptBy: iso(acceptBy) })];
    }
    case 'lead.accepted': {
      const { party, offer, at } = event.data;
      // Whoever accepts may see whom to call, whether or not the offer showed it.
      return [{ ...told(event, party, { offer, at: iso(at) }), withContact: true }];
    }
    case 'lead.amended': {
      const { party, offer, at, was, is } = event.data;
      return [told(event, party, { offer, at: iso(at), was: outcome(was), is: is ? outcome(is) : null })];
    }
    case 'lead.declined':
    case 'lead.returned':
    case 'lead.contacted':
    case 'lead.qualified':
    case 'lead.won':
    case 'lead.lost': {
      // Without the note: it is sealed free text, and whoever is told here has written it.
      const { party, offer, at, reason } = event.data;
      const amount = 'amount' in event.data ? event.data.amount : undefined;
      return [told(event, party, { offer, at: iso(at), reason, amount })];
    }
  }
}

/** A party that may have data of the person, from us or from the person, learns that these are to be erased. */
export function noticeOfErasure(event: LeadErased, party: string): Notice {
  return told(event, party, { reason: event.data.reason });
}

function routed(event: LeadRouted): Notice {
  const { to, offer, acceptBy, why, revealContact, decided } = event.data;
  const data = { offer, acceptBy: iso(acceptBy), why, pool: decided.pool, contactRevealed: revealContact };
  return { ...told(event, to, data), withContact: revealContact === 'on-offer' };
}

/** The party that gets the lead and the one that loses it, each without the other's name. */
function overridden(event: LeadOverridden, holder: string | undefined): Notice[] {
  const { to, reason } = event.data;
  const gains = told(event, to, { effect: 'gained', reason });
  return holder === undefined || holder === to ? [gains] : [gains, told(event, holder, { effect: 'lost', reason })];
}

function told(event: NoticeEvent, party: string, data: Record<string, unknown>): Notice {
  return { party, event, data, withContact: false };
}

/** What is stored of it: the party's part of the event, JSON. */
export function storedPart({ event, data, party }: Notice): string {
  return JSON.stringify({ source: event.source, time: event.time, data: { party, ...data } });
}

function outcome({ at, ...rest }: LeadAmended['data']['was']): object {
  return { ...rest, at: iso(at) };
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}

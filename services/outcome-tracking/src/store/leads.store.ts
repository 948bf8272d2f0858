import type { Consent, Sealed } from '@fairlead/events';
import {
  type Correction,
  currentOffer,
  type LeadStage,
  newLead,
  type Offer,
  type OfferGrade,
  type Standing,
} from '@fairlead/decisions/fold';
import type { Query } from '@fairlead/persistence';
import type { UnitOfWork } from '@fairlead/messaging';
import type { PendingAnswer } from '../pending-answer.js';

type SealedContact = typeof Sealed.static;

/** What a lead is, beside where it stands. Nothing here decides anything but `absorbedInto`; it is shown. */
export interface LeadDetails {
  readonly sourceId: string | null;
  readonly externalId: string | null;
  readonly facts: Record<string, unknown>;
  readonly reachable: { readonly email: boolean; readonly phone: boolean } | null;
  readonly missing: readonly string[];
  readonly reasons: readonly { readonly factor: string; readonly points: number; readonly reason: string }[];
  readonly contact: SealedContact | null;
  /** The event that the contact was sealed for, which is needed to unseal it. */
  readonly contactEvent: string | null;
  /** What came later and was new then, in its order. */
  readonly furtherContacts: readonly { readonly event: string; readonly sealed: SealedContact }[];
  /** What the person said last. */
  readonly consent: Consent | null;
  /** Whether it ever was. Null: not known, from before it was noted. */
  readonly held: boolean | null;
  /** How often somebody known was sent again as this lead; null as above. */
  readonly sentAgain: number | null;
  /** How likely the model took a sale to be, in parts per million; null where it did not say. */
  readonly probability: number | null;
  /** The lead that it was made one with, and that survived: whoever has that one has the person. Null: none. */
  readonly absorbedInto: string | null;
}

export interface TrackedLead {
  readonly id: string;
  /** Milliseconds since the epoch, as all times here. */
  readonly receivedAt: number;
  readonly touches: number;
  /** How many of its events were folded: how far along its part of the log it is. Null: not known, from before they were counted. */
  readonly events: number | null;
  readonly details: LeadDetails;
  /** What figures tell leads apart by, where it is known without the details; else null. */
  readonly traits: string | null;
  readonly standing: Standing;
  /** Said by this service, not yet read back from the log. */
  readonly pending: readonly PendingAnswer[];
}

export interface LeadChange {
  readonly before: TrackedLead | undefined;
  readonly after: TrackedLead;
}

/** What is known of a lead before its first event. */
export function unseen(id: string, at: number): TrackedLead {
  return {
    id,
    receivedAt: at,
    touches: 1,
    events: 0,
    details: noDetails,
    traits: null,
    standing: newLead,
    pending: [],
  };
}

const noDetails: LeadDetails = {
  sourceId: null,
  externalId: null,
  facts: {},
  reachable: null,
  missing: [],
  reasons: [],
  contact: null,
  contactEvent: null,
  furtherContacts: [],
  consent: null,
  held: false,
  sentAgain: 0,
  probability: null,
  absorbedInto: null,
};

interface LeadRow {
  readonly lead_id: string;
  readonly state: LeadStage;
  readonly source_id: string | null;
  readonly external_id: string | null;
  readonly received_at: number;
  readonly grade: OfferGrade;
  readonly score: number | null;
  readonly touches: number;
  readonly events: number | null;
  readonly offer: number | null;
  readonly facts: Record<string, unknown> | null;
  readonly reachable: LeadDetails['reachable'];
  readonly missing: string[] | null;
  readonly reasons: LeadDetails['reasons'] | null;
  readonly contact: SealedContact | null;
  readonly contact_event: string | null;
  readonly further_contacts: LeadDetails['furtherContacts'] | null;
  readonly consent: LeadDetails['consent'];
  readonly held: boolean | null;
  readonly sent_again: number | null;
  readonly probability: number | null;
  readonly absorbed_into: string | null;
  readonly pending: PendingAnswer[];
}

interface OfferRow {
  readonly lead_id: string;
  readonly number: number;
  readonly party: string;
  readonly pool: string;
  readonly policy: string;
  readonly grade: OfferGrade;
  readonly kind: Offer['kind'];
  readonly reveal: Offer['reveal'];
  readonly offered_at: number;
  readonly accept_by: number;
  readonly stage: Offer['stage'];
  readonly delivered_at: number | null;
  readonly accepted_at: number | null;
  readonly contacted_at: number | null;
  readonly qualified_at: number | null;
  readonly closed_at: number | null;
  readonly reason: string | null;
  readonly amount: number | null;
  readonly currency: string | null;
  readonly traits: string | null;
  readonly corrections: readonly Correction[] | null;
}

/** The narrowing of a list. Every value has been checked against its enumeration or pattern before it comes here. */
export interface LeadFilter {
  readonly state?: string | undefined;
  readonly grade?: string | undefined;
  readonly party?: string | undefined;
  readonly source?: string | undefined;
}

/** The last lead of the page before. */
export interface PagePosition {
  /** When it was received; for a party, when it was offered the lead last. Milliseconds since the epoch. */
  readonly at: number;
  readonly id: string;
}

const offerColumns = `lead_id, number, party, pool, policy, grade, kind, reveal, stage, reason, amount::float8, currency, traits, corrections,
  (extract(epoch FROM offered_at) * 1000)::float8 AS offered_at, (extract(epoch FROM accept_by) * 1000)::float8 AS accept_by,
  (extract(epoch FROM delivered_at) * 1000)::float8 AS delivered_at,
  (extract(epoch FROM accepted_at) * 1000)::float8 AS accepted_at,
  (extract(epoch FROM contacted_at) * 1000)::float8 AS contacted_at,
  (extract(epoch FROM qualified_at) * 1000)::float8 AS qualified_at,
  (extract(epoch FROM closed_at) * 1000)::float8 AS closed_at`;
const leadColumns = `lead_id, state, source_id, external_id, (extract(epoch FROM received_at) * 1000)::float8 AS received_at,
  grade, score, touches, events, offer, facts, reachable, missing, reasons, contact, contact_event, further_contacts, consent, held,
  sent_again, probability, absorbed_into, pending`;

export class LeadsStore {
  /**
   * Locks these leads, as far as they are known, for the rest of the transaction; always in the order of their ids, so
   * that two transactions wait for one another instead of deadlocking.
   */
  async lock({ query }: Pick<UnitOfWork, 'query'>, ids: readonly string[]): Promise<Map<string, TrackedLead>> {
    const leads = await query<LeadRow>(
      `SELECT ${leadColumns} FROM leads WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id FOR UPDATE`,
      [ids],
    );
    // A statement of its own: one statement sees the offers as they were before it waited for the lock.
    return this.#withOffers(query, leads);
  }

  async anyDue(query: Query, now: number): Promise<boolean> {
    const rows = await query(
      `SELECT 1 FROM leads WHERE state = 'offered' AND pending = '[]' AND accept_by < to_timestamp($1::numeric / 1000) LIMIT 1`,
      [now],
    );
    return rows.length > 0;
  }

  /**
   * Locks leads whose offer has run out without a word, the longest ago first. Those that somebody else has in hand are left
   * to it, so that this never waits.
   */
  async lockDue({ query, now }: UnitOfWork, limit: number): Promise<string[]> {
    const rows = await query<{ lead_id: string }>(
      `SELECT lead_id FROM leads
       WHERE state = 'offered' AND pending = '[]' AND accept_by < to_timestamp($1::numeric / 1000)
       ORDER BY accept_by LIMIT $2 FOR UPDATE SKIP LOCKED`,
      [now, limit],
    );
    return rows.map(({ lead_id }) => lead_id);
  }

  async find(query: Query, id: string): Promise<TrackedLead | undefined> {
    const leads = await query<LeadRow>(`SELECT ${leadColumns} FROM leads WHERE lead_id = $1`, [id]);
    return (await this.#withOffers(query, leads)).get(id);
  }

  /** Newest first. Which ones is found in an index alone; the rows are read of those that are shown. */
  async page(query: Query, filter: LeadFilter, limit: number, after?: PagePosition): Promise<TrackedLead[]> {
    const leads = await query<LeadRow>(
      `SELECT ${leadColumns} FROM leads JOIN (
         SELECT lead_id FROM leads
         WHERE ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR coalesce(grade, 'none') = $2)
           AND ($3::text IS NULL OR party = $3) AND ($4::text IS NULL OR source_id = $4)
           AND ($5::uuid IS NULL OR (received_at, lead_id) < (to_timestamp($6::numeric / 1000), $5))
         ORDER BY received_at DESC, lead_id DESC LIMIT $7
       ) AS page USING (lead_id) ORDER BY leads.received_at DESC, lead_id DESC`,
      [
        filter.state ?? null,
        filter.grade ?? null,
        filter.party ?? null,
        filter.source ?? null,
        after?.id ?? null,
        after?.at ?? null,
        limit,
      ],
    );
    return [...(await this.#withOffers(query, leads)).values()];
  }

  /**
   * The leads that a party was ever offered, what it was offered last first; `state` and `grade` are those of its own latest offer,
   * since what became of the lead elsewhere is not for it to see. By its offers and not by its leads, so that one that was
   * offered few of many leads is answered from these few.
   */
  async pageOf(
    query: Query,
    party: string,
    filter: LeadFilter,
    limit: number,
    after?: PagePosition,
  ): Promise<TrackedLead[]> {
    const leads = await query<LeadRow>(
      `SELECT ${leadColumns} FROM leads JOIN (
         SELECT own.lead_id, own.offered_at FROM offers own
         WHERE own.party = $1 AND NOT EXISTS (
             SELECT FROM offers later
             WHERE later.lead_id = own.lead_id AND later.party = own.party AND later.number > own.number)
           AND ($2::text IS NULL OR $2 = 'erased' OR own.stage = $2)
           AND ($3::text IS NULL OR coalesce(own.grade, 'none') = $3)
           AND (($2::text IS NULL AND $4::text IS NULL) OR EXISTS (
             SELECT FROM leads lead WHERE lead.lead_id = own.lead_id AND ($4::text IS NULL OR lead.source_id = $4)
               AND ($2::text IS NULL OR (lead.state = 'erased') = ($2 = 'erased'))))
           AND ($5::uuid IS NULL OR (own.offered_at, own.lead_id) < (to_timestamp($6::numeric / 1000), $5))
         ORDER BY own.offered_at DESC, own.lead_id DESC LIMIT $7
       ) AS page USING (lead_id) ORDER BY page.offered_at DESC, lead_id DESC`,
      [
        party,
        filter.state ?? null,
        filter.grade ?? null,
        filter.source ?? null,
        after?.id ?? null,
        after?.at ?? null,
        limit,
      ],
    );
    return [...(await this.#withOffers(query, leads)).values()];
  }

  /**
   * Leads whose party has said nothing of them since `before` (milliseconds since the epoch), who has been silent the longest first: in the
   * order of an index that holds none but these.
   * @param party  whose alone; of its own latest offers, since it has the lead in hand
   */
  async pageOfSilent(
    query: Query,
    { before, party, ...filter }: LeadFilter & { readonly before: number },
    limit: number,
    after?: PagePosition,
  ): Promise<{ readonly lead: TrackedLead; readonly silentSince: number }[]> {
    const rows = await query<LeadRow & { readonly spoke_at: number }>(
      `SELECT ${leadColumns}, (extract(epoch FROM page.spoke_at) * 1000)::float8 AS spoke_at FROM leads JOIN (
         SELECT lead_id, spoke_at FROM watched JOIN leads lead USING (lead_id)
         WHERE spoke_at <= to_timestamp($1::numeric / 1000) AND ($2::text IS NULL OR watched.party = $2)
           AND ($3::text IS NULL OR lead.state = $3) AND ($4::text IS NULL OR coalesce(lead.grade, 'none') = $4)
           AND ($5::text IS NULL OR lead.source_id = $5)
           AND ($6::uuid IS NULL OR (spoke_at, lead_id) > (to_timestamp($7::numeric / 1000), $6))
         ORDER BY spoke_at, lead_id LIMIT $8
       ) AS page USING (lead_id) ORDER BY page.spoke_at, lead_id`,
      [
        before,
        party ?? null,
        filter.state ?? null,
        filter.grade ?? null,
        filter.source ?? null,
        after?.id ?? null,
        after?.at ?? null,
        limit,
      ],
    );
    const leads = await this.#withOffers(query, rows);
    return rows.flatMap(({ lead_id, spoke_at: silentSince }) => {
      const lead = leads.get(lead_id);
      return lead ? [{ lead, silentSince }] : [];
    });
  }

  /**
   * Writes what changed, at the end of the unit; `before` is undefined for a lead that was not here. Facts are there whenever details
   * are: a split takes contacts, a consent and the other lead away.
   */
  save(unit: Pick<UnitOfWork, 'write'>, changes: readonly LeadChange[]): void {
    const offers = changes.flatMap(offerRecords);
    if (offers.length > 0) this.#saveOffers(unit, offers);
    unit.write(
      `INSERT INTO leads (lead_id, state, source_id, external_id, received_at, grade, score, touches, events, party, offer,
         accept_by, facts, reachable, missing, reasons, contact, contact_event, further_contacts, consent, held, sent_again, probability,
         absorbed_into, pending)
       SELECT lead_id, state, source_id, external_id, to_timestamp(received_at / 1000), grade, score, touches, events, party,
         offer, to_timestamp(accept_by / 1000), facts, reachable, missing, reasons, contact, contact_event, further_contacts, consent,
         held, sent_again, probability, absorbed_into, pending
       FROM jsonb_to_recordset($1::jsonb) AS changed (
         lead_id uuid, state text, source_id text, external_id text, received_at numeric, grade text, score integer,
         touches integer, events integer, party text, offer integer, accept_by numeric, facts jsonb, reachable jsonb, missing text[],
         reasons jsonb, contact jsonb, contact_event uuid, further_contacts jsonb, consent jsonb, held boolean, sent_again integer,
         probability integer, absorbed_into uuid, pending jsonb)
       ON CONFLICT (lead_id) DO UPDATE SET state = excluded.state, received_at = excluded.received_at,
         grade = excluded.grade, score = excluded.score, touches = excluded.touches, events = excluded.events, party = excluded.party,
         offer = excluded.offer, accept_by = excluded.accept_by, pending = excluded.pending,
         source_id = coalesce(excluded.source_id, leads.source_id),
         external_id = coalesce(excluded.external_id, leads.external_id),
         facts = coalesce(excluded.facts, leads.facts),
         reachable = coalesce(excluded.reachable, leads.reachable),
         missing = coalesce(excluded.missing, leads.missing),
         reasons = coalesce(excluded.reasons, leads.reasons),
         held = coalesce(excluded.held, leads.held),
         sent_again = coalesce(excluded.sent_again, leads.sent_again),
         probability = coalesce(excluded.probability, leads.probability),
         absorbed_into = CASE WHEN excluded.facts IS NULL THEN leads.absorbed_into ELSE excluded.absorbed_into END,
         contact = CASE WHEN excluded.state <> 'erased' THEN coalesce(excluded.contact, leads.contact) END,
         contact_event = CASE WHEN excluded.state <> 'erased' THEN coalesce(excluded.contact_event, leads.contact_event) END,
         further_contacts = CASE WHEN excluded.state = 'erased' THEN NULL WHEN excluded.facts IS NULL THEN leads.further_contacts
           ELSE excluded.further_contacts END,
         consent = CASE WHEN excluded.state = 'erased' THEN NULL WHEN excluded.facts IS NULL THEN leads.consent
           ELSE excluded.consent END`,
      [JSON.stringify(changes.map(leadRecord))],
    );
  }

  #saveOffers({ write }: Pick<UnitOfWork, 'write'>, offers: readonly object[]): void {
    write(
      `INSERT INTO offers (lead_id, number, party, pool, policy, grade, kind, reveal, offered_at, accept_by, stage,
         delivered_at, accepted_at, contacted_at, qualified_at, closed_at, reason, amount, currency, traits, corrections)
       SELECT lead_id, number, party, pool, policy, grade, kind, reveal,
         to_timestamp(offered_at / 1000), to_timestamp(accept_by / 1000), stage, to_timestamp(delivered_at / 1000),
         to_timestamp(accepted_at / 1000), to_timestamp(contacted_at / 1000), to_timestamp(qualified_at / 1000),
         to_timestamp(closed_at / 1000), reason, amount, currency, traits, corrections
       FROM jsonb_to_recordset($1::jsonb) AS changed (
         lead_id uuid, number integer, party text, pool text, policy text, grade text, kind text, reveal text,
         offered_at numeric, accept_by numeric, stage text, delivered_at numeric, accepted_at numeric,
         contacted_at numeric, qualified_at numeric, closed_at numeric, reason text, amount numeric, currency text, traits text, corrections jsonb)
       ON CONFLICT (lead_id, number) DO UPDATE SET party = excluded.party, pool = excluded.pool, grade = excluded.grade,
         offered_at = excluded.offered_at, accept_by = excluded.accept_by, stage = excluded.stage, delivered_at = excluded.delivered_at,
         accepted_at = excluded.accepted_at, contacted_at = excluded.contacted_at,
         qualified_at = excluded.qualified_at, closed_at = excluded.closed_at, reason = excluded.reason,
         amount = excluded.amount, currency = excluded.currency, traits = excluded.traits, corrections = excluded.corrections`,
      [JSON.stringify(offers)],
    );
  }

  /** Writes, at the end of the unit, only what was said and has not come back yet. */
  savePending(unit: UnitOfWork, changes: readonly LeadChange[]): void {
    if (changes.length === 0) return;
    unit.write(
      `UPDATE leads SET pending = changed.pending
       FROM unnest($1::uuid[], $2::jsonb[]) AS changed (lead_id, pending) WHERE leads.lead_id = changed.lead_id`,
      [changes.map(({ after }) => after.id), changes.map(({ after }) => JSON.stringify(after.pending))],
    );
  }

  async #withOffers(query: Query, leads: readonly LeadRow[]): Promise<Map<string, TrackedLead>> {
    const offered = leads.filter(({ offer }) => offer !== null).map(({ lead_id }) => lead_id);
    const offers =
      offered.length === 0
        ? []
        : await query<OfferRow>(
            `SELECT ${offerColumns} FROM offers WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id, number`,
            [offered],
          );
    const byLead = Map.groupBy(offers, ({ lead_id }) => lead_id);
    return new Map(leads.map((row) => [row.lead_id, toLead(row, byLead.get(row.lead_id) ?? [])]));
  }
}

function toLead(row: LeadRow, offers: readonly OfferRow[]): TrackedLead {
  return {
    id: row.lead_id,
    receivedAt: row.received_at,
    touches: row.touches,
    events: row.events,
    details: {
      sourceId: row.source_id,
      externalId: row.external_id,
      facts: row.facts ?? {},
      reachable: row.reachable,
      missing: row.missing ?? [],
      reasons: row.reasons ?? [],
      contact: row.contact,
      contactEvent: row.contact_event,
      furtherContacts: row.further_contacts ?? [],
      consent: row.consent,
      held: row.held,
      sentAgain: row.sent_again,
      probability: row.probability,
      absorbedInto: row.absorbed_into,
    },
    traits: null,
    standing: { state: row.state, grade: row.grade, score: row.score, offers: offers.map(toOffer) },
    pending: row.pending,
  };
}

function toOffer(row: OfferRow): Offer {
  return {
    number: row.number,
    party: row.party,
    pool: row.pool,
    policy: row.policy,
    grade: row.grade,
    kind: row.kind,
    reveal: row.reveal,
    offeredAt: row.offered_at,
    acceptBy: row.accept_by,
    stage: row.stage,
    deliveredAt: row.delivered_at,
    acceptedAt: row.accepted_at,
    contactedAt: row.contacted_at,
    qualifiedAt: row.qualified_at,
    closedAt: row.closed_at,
    reason: row.reason,
    amount: row.amount === null || row.currency === null ? null : { value: row.amount, currency: row.currency },
    traits: row.traits,
    corrections: row.corrections ?? [],
  };
}

/** Details travel only when they changed: they are most of a row's bytes, and most events leave them alone. */
function leadRecord({ before, after }: LeadChange): Record<string, unknown> {
  const { id, receivedAt, touches, events, details, standing, pending } = after;
  const offer = currentOffer(standing);
  return {
    lead_id: id,
    state: standing.state,
    received_at: receivedAt,
    grade: standing.grade,
    score: standing.score,
    touches,
    events,
    party: offer?.party,
    offer: offer?.number,
    accept_by: offer?.acceptBy,
    pending,
    ...(details !== before?.details && {
      source_id: details.sourceId,
      external_id: details.externalId,
      facts: details.facts,
      reachable: details.reachable,
      missing: details.missing,
      reasons: details.reasons,
      contact: details.contact,
      contact_event: details.contactEvent,
      further_contacts: details.furtherContacts.length > 0 ? details.furtherContacts : null,
      consent: details.consent,
      held: details.held,
      sent_again: details.sentAgain,
      probability: details.probability,
      absorbed_into: details.absorbedInto,
    }),
  };
}

function offerRecords({ before, after }: LeadChange): Record<string, unknown>[] {
  const known = new Set(before?.standing.offers);
  return after.standing.offers
    .filter((offer) => !known.has(offer))
    .map((offer) => ({
      lead_id: after.id,
      number: offer.number,
      party: offer.party,
      pool: offer.pool,
      policy: offer.policy,
      grade: offer.grade,
      kind: offer.kind,
      reveal: offer.reveal,
      offered_at: offer.offeredAt,
      accept_by: offer.acceptBy,
      stage: offer.stage,
      delivered_at: offer.deliveredAt,
      accepted_at: offer.acceptedAt,
      contacted_at: offer.contactedAt,
      qualified_at: offer.qualifiedAt,
      closed_at: offer.closedAt,
      reason: offer.reason,
      amount: offer.amount?.value,
      currency: offer.amount?.currency,
      traits: offer.traits,
      ...(offer.corrections.length > 0 && { corrections: offer.corrections }),
    }));
}

import { Injectable } from '@nestjs/common';
import type {
  LeadAccepted,
  LeadAmended,
  Consent,
  LeadCompleted,
  LeadConsentChanged,
  LeadDeclined,
  LeadLost,
  LeadMerged,
  LeadOfferExpired,
  LeadReceived,
  LeadReturned,
  LeadRouted,
  LeadScored,
  LeadSplit,
} from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';

/** After these the lead is not the party's any more. `open`: it could only be said of an offer that nobody had accepted. */
const ENDS = {
  'lead.offer-expired': { why: 'offer-expired', open: true },
  'lead.declined': { why: 'offer-declined', open: true },
  'lead.returned': { why: 'lead-returned', open: false },
  'lead.lost': { why: 'lead-lost', open: false },
} as const;
export type OfferEnd = LeadOfferExpired | LeadDeclined | LeadReturned | LeadLost;

/** As outcome-tracking shows. */
const MOST_FURTHER_CONTACTS = 8;

/** What webhooks tell about leads. Within a batch the last event of a lead counts: a row can be written once per statement. */
@Injectable()
export class LeadsStore {
  /** Keeps the sealed contact, and which event brought it, and the consent. An event without one leaves what is there. */
  noteContacts(unit: UnitOfWork, events: readonly (LeadReceived | LeadCompleted)[]): void {
    const contacts = new Map([...latestOf(events.filter(({ data }) => data.contact))].map((one) => [one.subject, one]));
    const consents = new Map([...latestOf(events.filter(({ data }) => data.consent))].map((one) => [one.subject, one]));
    const leads = [...new Set([...contacts.keys(), ...consents.keys()])];
    if (leads.length === 0) return;
    unit.write(
      `INSERT INTO leads (lead_id, contact, contact_event, consent)
       SELECT * FROM unnest($1::uuid[], $2::json[], $3::uuid[], $4::jsonb[])
       ON CONFLICT (lead_id) DO UPDATE SET contact = coalesce(excluded.contact, leads.contact),
         contact_event = coalesce(excluded.contact_event, leads.contact_event), consent = coalesce(excluded.consent, leads.consent)
       WHERE leads.erased_at IS NULL`,
      [
        leads,
        leads.map((id) => jsonOrNull(contacts.get(id)?.data.contact)),
        leads.map((id) => contacts.get(id)?.id ?? null),
        leads.map((id) => jsonOrNull(told(consents.get(id)?.data.consent))),
      ],
    );
  }

  /** What the person said last, as far as it is told with what is known of the lead. */
  async noteConsents(unit: UnitOfWork, events: readonly (LeadMerged | LeadConsentChanged)[]): Promise<void> {
    const latest = [...latestOf(events.filter(({ data }) => data.known?.consent))];
    if (latest.length === 0) return;
    await unit.query(
      `INSERT INTO leads (lead_id, consent) SELECT * FROM unnest($1::uuid[], $2::jsonb[])
       ON CONFLICT (lead_id) DO UPDATE SET consent = excluded.consent
       WHERE leads.erased_at IS NULL AND leads.consent IS DISTINCT FROM excluded.consent`,
      [latest.map(({ subject }) => subject), latest.map(({ data }) => jsonOrNull(told(data.known?.consent)))],
    );
  }

  /** Contact data that came later and was new: beside what is there, in its order, the last few. */
  async noteFurtherContacts(unit: UnitOfWork, events: readonly LeadMerged[]): Promise<void> {
    const told = Map.groupBy(
      events.filter(({ data }) => data.contact !== undefined),
      ({ subject }) => subject,
    );
    if (told.size === 0) return;
    await unit.query(
      `INSERT INTO leads (lead_id, further_contacts) SELECT * FROM unnest($1::uuid[], $2::json[])
       ON CONFLICT (lead_id) DO UPDATE SET further_contacts = (
         SELECT json_agg(contact ORDER BY place) FROM (
           SELECT contact, place FROM jsonb_array_elements(
             coalesce(leads.further_contacts::jsonb, '[]') || excluded.further_contacts::jsonb
           ) WITH ORDINALITY AS all_of_them (contact, place) ORDER BY place DESC LIMIT $3
         ) AS kept)
       WHERE leads.erased_at IS NULL`,
      [
        [...told.keys()],
        [...told.values()].map((merged) =>
          JSON.stringify(merged.map(({ id, data }) => ({ event: id, sealed: data.contact }))),
        ),
        MOST_FURTHER_CONTACTS,
      ],
    );
  }

  /** What the merge had told is not the lead's any more, nor is what the other one agreed to. */
  async noteSplits(unit: UnitOfWork, events: readonly LeadSplit[]): Promise<void> {
    for (const { subject, data } of events)
      await unit.query(
        `UPDATE leads SET consent = $3, further_contacts = (
           SELECT json_agg(contact ORDER BY place) FROM jsonb_array_elements(further_contacts::jsonb)
             WITH ORDINALITY AS all_of_them (contact, place) WHERE contact ->> 'event' <> $2)
         WHERE lead_id = $1 AND erased_at IS NULL`,
        [subject, data.merge, jsonOrNull(told(data.known?.consent))],
      );
  }

  noteScores(unit: UnitOfWork, events: readonly LeadScored[]): void {
    const latest = [...latestOf(events)];
    unit.write(
      `INSERT INTO leads (lead_id, state, grade, score, facts, contributions)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::json[], $6::json[])
       ON CONFLICT (lead_id) DO UPDATE SET state = excluded.state, grade = excluded.grade, score = excluded.score,
         facts = excluded.facts, contributions = excluded.contributions
       WHERE leads.erased_at IS NULL`,
      [
        latest.map(({ subject }) => subject),
        latest.map(({ data }) => data.state),
        latest.map(({ data }) => data.grade),
        latest.map(({ data }) => data.score),
        latest.map(({ data }) => JSON.stringify(data.facts)),
        latest.map(({ data }) => JSON.stringify(data.contributions)),
      ],
    );
  }

  /** A later offer replaces the one before it, which is withdrawn if it was still alive. */
  noteOffers(unit: UnitOfWork, events: readonly LeadRouted[]): void {
    const latest = [...latestOf(events)];
    const parties = Map.groupBy(events, ({ subject }) => subject);
    unit.write(
      `INSERT INTO leads (lead_id, holder, offer, accept_by, told, offered_pool, offered_grade)
       SELECT lead_id, holder, offer, to_timestamp(accept_by_ms / 1000), string_to_array(told, ','), pool, grade
       FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::float8[], $5::text[], $6::text[], $7::text[])
         AS routed (lead_id, holder, offer, accept_by_ms, told, pool, grade)
       ON CONFLICT (lead_id) DO UPDATE SET holder = excluded.holder, offer = excluded.offer, accept_by = excluded.accept_by,
         offered_pool = excluded.offered_pool, offered_grade = excluded.offered_grade,
         told = CASE WHEN excluded.told <@ leads.told THEN leads.told
                ELSE coalesce(leads.told, array_remove(ARRAY[leads.holder], NULL)) || excluded.told END,
         ended = CASE WHEN leads.offer IS NULL THEN leads.ended
                 ELSE jsonb_build_object(leads.offer::text, 'offer-withdrawn') || coalesce(leads.ended, '{}') END
       WHERE leads.offer IS NULL OR leads.offer < excluded.offer`,
      [
        latest.map(({ subject }) => subject),
        latest.map(({ data }) => data.to),
        latest.map(({ data }) => data.offer),
        latest.map(({ data }) => data.acceptBy),
        // Lists of lists do not go through unnest; no id contains a comma.
        latest.map(({ subject }) => (parties.get(subject) ?? []).map(({ data }) => data.to).join(',')),
        latest.map(({ data }) => data.decided.pool),
        latest.map(({ data }) => data.grade),
      ],
    );
  }

  /**
   * From its acceptance on, an offer has no deadline. Of an acceptance and an end of the same offer the first one counts.
   * @returns the events that changed something: of offers that were open
   */
  async noteAcceptances(unit: UnitOfWork, events: readonly LeadAccepted[]): Promise<LeadAccepted[]> {
    const rows = await unit.query<{ lead_id: string; offer: number }>(
      `UPDATE leads SET offer = told.offer, accept_by = NULL
       FROM unnest($1::uuid[], $2::text[], $3::integer[]) AS told (lead_id, party, offer)
       WHERE leads.lead_id = told.lead_id AND leads.holder = told.party
         AND (leads.offer IS NULL OR (leads.offer = told.offer AND leads.accept_by IS NOT NULL))
         AND NOT coalesce(leads.ended, '{}') ? told.offer::text
       RETURNING leads.lead_id, leads.offer`,
      [
        events.map(({ subject }) => subject),
        events.map(({ data }) => data.party),
        events.map(({ data }) => data.offer),
      ],
    );
    const taken = new Map(rows.map(({ lead_id, offer }) => [lead_id, offer]));
    return events.filter(({ subject, data }) => taken.get(subject) === data.offer);
  }

  async noteEnds(unit: UnitOfWork, events: readonly OfferEnd[]): Promise<void> {
    await unit.query(
      `UPDATE leads SET offer = told.offer, ended = coalesce(leads.ended, '{}') || jsonb_build_object(told.offer::text, told.why)
       FROM unnest($1::uuid[], $2::text[], $3::integer[], $4::text[], $5::boolean[]) AS told (lead_id, party, offer, why, open)
       WHERE leads.lead_id = told.lead_id AND leads.holder = told.party
         AND (leads.offer IS NULL OR (leads.offer = told.offer AND (leads.accept_by IS NOT NULL) = told.open))
         AND NOT coalesce(leads.ended, '{}') ? told.offer::text`,
      [
        events.map(({ subject }) => subject),
        events.map(({ data }) => data.party),
        events.map(({ data }) => data.offer),
        events.map(({ type }) => ENDS[type].why),
        events.map(({ type }) => ENDS[type].open),
      ],
    );
  }

  /**
   * A loss that was none gives the lead back to its party, unless it has gone to somebody else since; a win that was a loss ends it. One
   * after the other, because one may undo the one before.
   */
  async noteCorrections(unit: UnitOfWork, events: readonly LeadAmended[]): Promise<void> {
    const lost = ENDS['lead.lost'].why;
    for (const { subject, data } of events) {
      const wasLost = data.was.type === 'lost';
      const isLost = data.is?.type === 'lost';
      if (wasLost === isLost) continue;
      await unit.query(
        `UPDATE leads SET ended = CASE WHEN $5 THEN coalesce(ended, '{}') || jsonb_build_object($3::text, $4::text) ELSE ended - $3::text END
         WHERE lead_id = $1 AND holder = $2 AND offer::text = $3::text
           AND CASE WHEN $5 THEN NOT coalesce(ended, '{}') ? $3::text ELSE ended ->> $3::text = $4 END`,
        [subject, data.party, String(data.offer), lost, isLost],
      );
    }
  }

  /** A person takes these leads out of the hands that they are in; to whom they go is a new offer, and told as one. */
  async noteOverrides(unit: UnitOfWork, leadIds: readonly string[]): Promise<void> {
    await unit.query(
      `UPDATE leads SET ended = jsonb_build_object(offer::text, 'offer-withdrawn') || coalesce(ended, '{}')
       WHERE lead_id = ANY($1::uuid[]) AND offer IS NOT NULL`,
      [leadIds],
    );
  }

  /** Who has the latest offer of each of these leads. */
  async holdersOf(unit: UnitOfWork, leadIds: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const rows = await unit.query<{ lead_id: string; holder: string }>(
      'SELECT lead_id, holder FROM leads WHERE lead_id = ANY($1::uuid[]) AND holder IS NOT NULL',
      [leadIds],
    );
    return new Map(rows.map(({ lead_id, holder }) => [lead_id, holder]));
  }

  /**
   * Drops what is left of the persons behind these leads. Their key is gone already; this is for tidiness and for excerpts.
   * From now on nothing is noted of them that would have to be dropped again, whatever event comes late.
   * @returns the parties that were ever offered each of them
   */
  async erase(unit: UnitOfWork, leadIds: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    // As nothing else here locks them: whoever records what a partner answered about the lead holds it, and leaves it out where it is held so.
    await unit.query('SELECT 1 FROM leads WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id FOR UPDATE', [leadIds]);
    const rows = await unit.query<{ lead_id: string; told: string[] }>(
      `INSERT INTO leads (lead_id, erased_at) SELECT DISTINCT lead_id, now() FROM unnest($1::uuid[]) AS erased (lead_id)
       ORDER BY lead_id
       ON CONFLICT (lead_id) DO UPDATE SET contact = NULL, contact_event = NULL, further_contacts = NULL, consent = NULL, facts = NULL,
         contributions = NULL,
         erased_at = coalesce(leads.erased_at, excluded.erased_at)
       RETURNING lead_id, coalesce(told, array_remove(ARRAY[holder], NULL)) AS told`,
      [leadIds],
    );
    // A statement of its own: it sees what was recorded while the one before waited.
    await unit.query('UPDATE attempts SET excerpt = NULL WHERE lead_id = ANY($1::uuid[]) AND excerpt IS NOT NULL', [
      leadIds,
    ]);
    return new Map(rows.map(({ lead_id, told }) => [lead_id, [...new Set(told)]]));
  }
}

/** As webhooks tell it. */
function told(consent: Consent | undefined): object | undefined {
  return consent && { ...consent, ...(consent.at !== undefined && { at: new Date(consent.at).toISOString() }) };
}

function jsonOrNull(value: object | undefined): string | null {
  return value ? JSON.stringify(value) : null;
}

function latestOf<E extends { readonly subject: string }>(events: readonly E[]): Iterable<E> {
  return new Map(events.map((event) => [event.subject, event])).values();
}

export function endsOffer(event: { readonly type: string }): event is OfferEnd {
  return event.type in ENDS;
}

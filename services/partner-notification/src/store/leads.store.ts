import { Injectable } from '@nestjs/common';
import type { LeadCompleted, LeadErased, LeadReceived, LeadRouted, LeadScored } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';

/** What webhooks tell about leads. Within a batch the last event of a lead counts: a row can be written once per statement. */
@Injectable()
export class LeadsStore {
  /** Keeps the sealed contact, and which event brought it. An event without one leaves what is there. */
  async noteContacts(unit: UnitOfWork, events: readonly (LeadReceived | LeadCompleted)[]): Promise<void> {
    const latest = [...latestOf(events.filter(({ data }) => data.contact !== undefined))];
    if (latest.length === 0) return;
    await unit.query(
      `INSERT INTO leads (lead_id, contact, contact_event)
       SELECT * FROM unnest($1::uuid[], $2::json[], $3::uuid[])
       ON CONFLICT (lead_id) DO UPDATE SET contact = excluded.contact, contact_event = excluded.contact_event`,
      [
        latest.map(({ subject }) => subject),
        latest.map(({ data }) => JSON.stringify(data.contact)),
        latest.map(({ id }) => id),
      ],
    );
  }

  async noteScores(unit: UnitOfWork, events: readonly LeadScored[]): Promise<void> {
    const latest = [...latestOf(events)];
    await unit.query(
      `INSERT INTO leads (lead_id, state, grade, score, facts, contributions)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::integer[], $5::json[], $6::json[])
       ON CONFLICT (lead_id) DO UPDATE SET state = excluded.state, grade = excluded.grade, score = excluded.score,
         facts = excluded.facts, contributions = excluded.contributions`,
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

  async noteHolders(unit: UnitOfWork, events: readonly LeadRouted[]): Promise<void> {
    const latest = [...latestOf(events)];
    await unit.query(
      `UPDATE leads SET holder = routed.holder
       FROM unnest($1::uuid[], $2::text[]) AS routed (lead_id, holder) WHERE leads.lead_id = routed.lead_id`,
      [latest.map(({ subject }) => subject), latest.map(({ data }) => data.to)],
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

  /** Drops what is left of the persons behind these leads. Their key is gone already; this is for tidiness and for excerpts. */
  async erase(unit: UnitOfWork, events: readonly LeadErased[]): Promise<void> {
    const ids = events.map(({ subject }) => subject);
    await unit.query('UPDATE leads SET contact = NULL, contact_event = NULL WHERE lead_id = ANY($1::uuid[])', [ids]);
    await unit.query('UPDATE attempts SET excerpt = NULL WHERE lead_id = ANY($1::uuid[]) AND excerpt IS NOT NULL', [
      ids,
    ]);
  }
}

function latestOf<E extends { readonly subject: string }>(events: readonly E[]): Iterable<E> {
  return new Map(events.map((event) => [event.subject, event])).values();
}

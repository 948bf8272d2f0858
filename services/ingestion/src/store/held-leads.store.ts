import { Injectable } from '@nestjs/common';
import type { NormalisedLead } from '@fairlead/decisions';
import type { Sealed } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';

/** What is known of a held lead, its contact data sealed. */
export interface HeldLead {
  readonly leadId: string;
  /** Milliseconds since the epoch; of one that was put off, when it is tried again. */
  readonly until: number;
  /** How often it could not go on when its time was up. */
  readonly failures: number;
  readonly missing: readonly string[];
  readonly lead: Omit<NormalisedLead, 'contact'>;
  readonly contact: Sealed | undefined;
  /** The id that the contact was sealed for. */
  readonly contactEvent: string;
  /** The id of `lead.received`. */
  readonly receivedEvent: string;
  readonly traceparent: string | undefined;
  readonly revision: number;
}

interface Row {
  readonly lead_id: string;
  readonly until_ms: number;
  readonly failures: number;
  readonly missing: string[];
  readonly lead: Omit<NormalisedLead, 'contact'>;
  readonly contact: Sealed | null;
  readonly contact_event: string;
  readonly received_event: string;
  readonly traceparent: string | null;
  readonly revision: number;
}

const COLUMNS = `lead_id, extract(epoch FROM until)::float8 * 1000 AS until_ms, failures, missing, lead, contact, contact_event,
  received_event, traceparent, revision`;

/** One that is held from now on. */
export type NewlyHeld = Omit<HeldLead, 'revision' | 'failures'>;

@Injectable()
export class HeldLeadsStore {
  /** At the end of the unit. */
  add(unit: UnitOfWork, held: readonly NewlyHeld[]): void {
    if (held.length === 0) return;
    unit.write(
      `INSERT INTO held_leads (lead_id, until, missing, lead, contact, contact_event, received_event, traceparent)
       SELECT lead_id, to_timestamp(until / 1000), ARRAY(SELECT jsonb_array_elements_text(missing)), lead, contact,
         contact_event, received_event, traceparent
       FROM unnest($1::uuid[], $2::float8[], $3::jsonb[], $4::jsonb[], $5::jsonb[], $6::uuid[], $7::uuid[], $8::text[])
         AS held (lead_id, until, missing, lead, contact, contact_event, received_event, traceparent)`,
      [
        held.map(({ leadId }) => leadId),
        held.map(({ until }) => until),
        held.map(({ missing }) => JSON.stringify(missing)),
        held.map(({ lead }) => JSON.stringify(lead)),
        held.map(({ contact }) => (contact ? JSON.stringify(contact) : null)),
        held.map(({ contactEvent }) => contactEvent),
        held.map(({ receivedEvent }) => receivedEvent),
        held.map(({ traceparent }) => traceparent ?? null),
      ],
    );
  }

  async find({ query }: Pick<UnitOfWork, 'query'>, leadIds: readonly string[]): Promise<HeldLead[]> {
    if (leadIds.length === 0) return [];
    const rows = await query<Row>(`SELECT ${COLUMNS} FROM held_leads WHERE lead_id = ANY($1::uuid[])`, [leadIds]);
    return rows.map(toHeldLead);
  }

  /** Locked in the order of their ids, and as they are then: who changed one in between is waited for. */
  async lock({ query }: UnitOfWork, leadIds: readonly string[]): Promise<HeldLead[]> {
    if (leadIds.length === 0) return [];
    const rows = await query<Row>(
      `SELECT ${COLUMNS} FROM held_leads WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id FOR UPDATE`,
      [leadIds],
    );
    return rows.map(toHeldLead);
  }

  /** Those whose time is up, locked; another process passes over them. */
  async lockExpired({ query, now }: UnitOfWork, limit: number): Promise<HeldLead[]> {
    const rows = await query<Row>(
      `SELECT ${COLUMNS} FROM held_leads WHERE until <= to_timestamp($1::float8 / 1000) ORDER BY until LIMIT $2
       FOR UPDATE SKIP LOCKED`,
      [now, limit],
    );
    return rows.map(toHeldLead);
  }

  /**
   * Writes down what was supplied, if nobody has changed the lead since it was read.
   * @returns whether it was as it had been read
   */
  async supply(
    { query }: UnitOfWork,
    { leadId, missing, lead, contact, contactEvent, revision }: HeldLead,
  ): Promise<boolean> {
    const rows = await query(
      `UPDATE held_leads SET missing = $2, lead = $3, contact = $4, contact_event = $5, revision = revision + 1
       WHERE lead_id = $1 AND revision = $6 RETURNING 1`,
      [leadId, missing, JSON.stringify(lead), contact ? JSON.stringify(contact) : null, contactEvent, revision],
    );
    return rows.length === 1;
  }

  /** @returns whether it was as it had been read */
  async release({ query }: UnitOfWork, { leadId, revision }: HeldLead): Promise<boolean> {
    const rows = await query('DELETE FROM held_leads WHERE lead_id = $1 AND revision = $2 RETURNING 1', [
      leadId,
      revision,
    ]);
    return rows.length === 1;
  }

  /** Notes that it could not go on, and when to try again; unless another process has noted that already. */
  async putOff({ query }: UnitOfWork, { leadId, failures }: HeldLead, until: number): Promise<void> {
    await query(
      `UPDATE held_leads SET failures = failures + 1, until = to_timestamp($3::float8 / 1000)
       WHERE lead_id = $1 AND failures = $2`,
      [leadId, failures, until],
    );
  }

  /** At the end of the unit. Of leads that are locked. */
  releaseAll(unit: UnitOfWork, held: readonly HeldLead[]): void {
    unit.write('DELETE FROM held_leads WHERE lead_id = ANY($1::uuid[])', [held.map(({ leadId }) => leadId)]);
  }
}

function toHeldLead(row: Row): HeldLead {
  return {
    leadId: row.lead_id,
    until: Math.round(row.until_ms),
    failures: row.failures,
    missing: row.missing,
    lead: row.lead,
    contact: row.contact ?? undefined,
    contactEvent: row.contact_event,
    receivedEvent: row.received_event,
    traceparent: row.traceparent ?? undefined,
    revision: row.revision,
  };
}

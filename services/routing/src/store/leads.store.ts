import { Injectable } from '@nestjs/common';
import type { ConsentState, Facts, Grade, LeadState } from '@fairlead/events';
import type { Side } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/**
 * offered: somebody's clock runs. accepted: somebody works on it. closed: an opportunity, or won, lost, returned.
 * unroutable: nobody has it. erased: nobody may have it.
 */
export type Stage = 'offered' | 'accepted' | 'closed' | 'unroutable' | 'erased';

/** A lead that was decided about, and where its current offer stands. */
export interface RoutedLead {
  readonly leadId: string;
  readonly state: LeadState;
  readonly grade: Grade | null;
  readonly sourceId: string;
  readonly model: string;
  readonly facts: Facts;
  readonly consent: ConsentState;
  readonly pool: string;
  readonly stage: Stage;
  readonly made: number;
  readonly party: string | null;
  readonly paidBy: Side | null;
  readonly acceptBy: number | null;
  readonly refusedBy: readonly string[];
  /** Nobody has it for nothing but that the person has not agreed. */
  readonly lacksConsent: boolean;
}

@Injectable()
export class LeadsStore {
  /** Locks these leads. Whoever calls it has locked the pools before: in that order nobody waits in a circle. */
  async lock(query: Query, leadIds: readonly string[]): Promise<Map<string, RoutedLead>> {
    const rows = await query<RoutedLead & { acceptBy: string | null }>(
      `SELECT lead_id AS "leadId", state, grade, source_id AS "sourceId", model, facts, pool, stage, made, party,
         paid_by AS "paidBy", accept_by AS "acceptBy", refused_by AS "refusedBy", coalesce(consent, 'unknown') AS consent,
         lacks_consent AS "lacksConsent"
       FROM leads WHERE lead_id = ANY($1::uuid[]) ORDER BY lead_id FOR UPDATE`,
      [leadIds],
    );
    return new Map(
      rows.map((row) => [row.leadId, { ...row, acceptBy: row.acceptBy === null ? null : Number(row.acceptBy) }]),
    );
  }

  add(unit: UnitOfWork, leads: readonly RoutedLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `INSERT INTO leads (lead_id, state, grade, source_id, model, facts, pool, stage, made, party, paid_by, accept_by, consent,
         lacks_consent)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
         $8::text[], $9::int[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::boolean[])`,
      columnsOf(leads),
    );
  }

  /** Leads that are locked and were judged and decided about once more. */
  replace(unit: UnitOfWork, leads: readonly RoutedLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `UPDATE leads SET state = new.state, grade = new.grade, source_id = new.source_id, model = new.model, facts = new.facts,
         pool = new.pool, stage = new.stage, made = new.made, party = new.party, paid_by = new.paid_by,
         accept_by = new.accept_by, consent = new.consent, lacks_consent = new.lacks_consent
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
         $8::text[], $9::int[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::boolean[])
         AS new (lead_id, state, grade, source_id, model, facts, pool, stage, made, party, paid_by, accept_by, consent,
           lacks_consent)
       WHERE leads.lead_id = new.lead_id`,
      columnsOf(leads),
    );
  }

  /** Saves where the offers of these leads stand now; what was known of the lead itself stays, but for the person's consent. */
  saveOffers(unit: UnitOfWork, leads: readonly RoutedLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `UPDATE leads SET pool = new.pool, stage = new.stage, made = new.made, party = new.party, paid_by = new.paid_by,
         accept_by = new.accept_by, refused_by = string_to_array(new.refused_by, ','), consent = new.consent,
         lacks_consent = new.lacks_consent
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::text[],
         $9::text[], $10::boolean[])
         AS new (lead_id, pool, stage, made, party, paid_by, accept_by, refused_by, consent, lacks_consent)
       WHERE leads.lead_id = new.lead_id`,
      [
        leads.map(({ leadId }) => leadId),
        leads.map(({ pool }) => pool),
        leads.map(({ stage }) => stage),
        leads.map(({ made }) => made),
        leads.map(({ party }) => party),
        leads.map(({ paidBy }) => paidBy),
        leads.map(({ acceptBy }) => acceptBy),
        // Lists of lists do not go through unnest; no id contains a comma.
        leads.map(({ refusedBy }) => refusedBy.join(',')),
        leads.map(({ consent }) => consent),
        leads.map(({ lacksConsent }) => lacksConsent),
      ],
    );
  }

  /** Nothing is left of these leads but that there were such; also of those that were erased before they came here. */
  erase(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write(
      `INSERT INTO leads (lead_id, state, source_id, model, facts, pool, stage, made)
       SELECT lead_id, 'not-qualified', '', '', '{"engagement": {}, "attributes": {}}', '', 'erased', 0
       FROM unnest($1::uuid[]) AS erased (lead_id)
       ON CONFLICT (lead_id) DO UPDATE SET facts = excluded.facts, stage = 'erased'`,
      [leadIds],
    );
  }
}

function columnsOf(leads: readonly RoutedLead[]): unknown[] {
  return [
    leads.map(({ leadId }) => leadId),
    leads.map(({ state }) => state),
    leads.map(({ grade }) => grade),
    leads.map(({ sourceId }) => sourceId),
    leads.map(({ model }) => model),
    leads.map(({ facts }) => JSON.stringify(facts)),
    leads.map(({ pool }) => pool),
    leads.map(({ stage }) => stage),
    leads.map(({ made }) => made),
    leads.map(({ party }) => party),
    leads.map(({ paidBy }) => paidBy),
    leads.map(({ acceptBy }) => acceptBy),
    leads.map(({ consent }) => consent),
    leads.map(({ lacksConsent }) => lacksConsent),
  ];
}

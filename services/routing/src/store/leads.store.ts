import { Injectable } from '@nestjs/common';
import type { ConsentState, Facts, Grade, LeadState } from '@fairlead/events';
import type { OfferedAgain, Side } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/**
 * offered: somebody's clock runs. accepted: somebody works on it. closed: an opportunity, or won, lost, returned.
 * unroutable: nobody has it. erased: nobody may have it.
 */
export type Stage = 'offered' | 'accepted' | 'closed' | 'unroutable' | 'erased';

/** What a decision looks at in a lead, beside its offers and the person's consent. */
export interface Judged {
  readonly state: LeadState;
  readonly grade: Grade | null;
  readonly sourceId: string;
  readonly model: string;
  readonly facts: Facts;
}

/** A lead that was decided about, and where its current offer stands. */
export interface RoutedLead extends Judged {
  readonly leadId: string;
  readonly consent: ConsentState;
  readonly pool: string;
  readonly stage: Stage;
  readonly made: number;
  readonly party: string | null;
  /** Whom the policy chose last, whatever people have done with the lead since; null: nobody. */
  readonly chosen: string | null;
  readonly paidBy: Side | null;
  readonly acceptBy: number | null;
  readonly refusedBy: readonly string[];
  /** Nobody has it for nothing but that the person has not agreed. */
  readonly lacksConsent: boolean;
  /** Whether it is one with another lead, which survives. */
  readonly absorbed: boolean;
  /** Why it would have been offered that nobody has for nothing but that; null: it is not so. */
  readonly withheld: OfferedAgain | 'first' | null;
  /** What it was judged since it was decided about; null: nothing. It is offered as such when it is recycled, and not before. */
  readonly judgedSince: Judged | null;
  /** How many offers there had been when it was last recycled. */
  readonly recycledAfter: number;
}

@Injectable()
export class LeadsStore {
  /** Locks these leads. Whoever calls it has locked the pools before: in that order nobody waits in a circle. */
  async lock(query: Query, leadIds: readonly string[]): Promise<Map<string, RoutedLead>> {
    const rows = await query<RoutedLead & { acceptBy: string | null }>(
      `SELECT lead_id AS "leadId", state, grade, source_id AS "sourceId", model, facts, pool, stage, made, party,
         chosen, paid_by AS "paidBy", accept_by AS "acceptBy", refused_by AS "refusedBy", coalesce(consent, 'unknown') AS consent,
         EXISTS (SELECT FROM absorbed WHERE absorbed.lead_id = leads.lead_id) AS absorbed, withheld,
         lacks_consent AS "lacksConsent", judged_since AS "judgedSince", recycled_after AS "recycledAfter"
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
         lacks_consent, chosen, withheld)
       SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
         $8::text[], $9::int[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::boolean[], $15::text[], $16::text[])`,
      columnsOf(leads),
    );
  }

  /** Leads that are locked and were decided about once more, as they were judged anew. */
  replace(unit: UnitOfWork, leads: readonly RoutedLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `UPDATE leads SET state = new.state, grade = new.grade, source_id = new.source_id, model = new.model, facts = new.facts,
         pool = new.pool, stage = new.stage, made = new.made, party = new.party, paid_by = new.paid_by,
         accept_by = new.accept_by, consent = new.consent, lacks_consent = new.lacks_consent, chosen = new.chosen,
         withheld = new.withheld,
         refused_by = string_to_array(new.refused_by, ','), judged_since = new.judged_since, recycled_after = new.recycled_after
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::jsonb[], $7::text[],
         $8::text[], $9::int[], $10::text[], $11::text[], $12::bigint[], $13::text[], $14::boolean[], $15::text[], $16::text[],
         $17::text[], $18::jsonb[], $19::int[])
         AS new (lead_id, state, grade, source_id, model, facts, pool, stage, made, party, paid_by, accept_by, consent,
           lacks_consent, chosen, withheld, refused_by, judged_since, recycled_after)
       WHERE leads.lead_id = new.lead_id`,
      [
        ...columnsOf(leads),
        leads.map(refusersOf),
        leads.map(judgedSinceOf),
        leads.map(({ recycledAfter }) => recycledAfter),
      ],
    );
  }

  /** Saves where the offers of these leads stand now; what they were made by stays, but for the person's consent. */
  saveOffers(unit: UnitOfWork, leads: readonly RoutedLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `UPDATE leads SET pool = new.pool, stage = new.stage, made = new.made, party = new.party, paid_by = new.paid_by,
         accept_by = new.accept_by, refused_by = string_to_array(new.refused_by, ','), consent = new.consent,
         lacks_consent = new.lacks_consent, judged_since = new.judged_since, chosen = new.chosen, withheld = new.withheld
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::int[], $5::text[], $6::text[], $7::bigint[], $8::text[],
         $9::text[], $10::boolean[], $11::jsonb[], $12::text[], $13::text[])
         AS new (lead_id, pool, stage, made, party, paid_by, accept_by, refused_by, consent, lacks_consent, judged_since, chosen,
           withheld)
       WHERE leads.lead_id = new.lead_id`,
      [
        leads.map(({ leadId }) => leadId),
        leads.map(({ pool }) => pool),
        leads.map(({ stage }) => stage),
        leads.map(({ made }) => made),
        leads.map(({ party }) => party),
        leads.map(({ paidBy }) => paidBy),
        leads.map(({ acceptBy }) => acceptBy),
        leads.map(refusersOf),
        leads.map(({ consent }) => consent),
        leads.map(({ lacksConsent }) => lacksConsent),
        leads.map(judgedSinceOf),
        leads.map(({ chosen }) => chosen),
        leads.map(({ withheld }) => withheld),
      ],
    );
  }

  /** Nothing is left of these leads but that there were such; also of those that were erased before they came here. */
  erase(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write(
      `INSERT INTO leads (lead_id, state, source_id, model, facts, pool, stage, made)
       SELECT lead_id, 'not-qualified', '', '', '{"engagement": {}, "attributes": {}}', '', 'erased', 0
       FROM unnest($1::uuid[]) AS erased (lead_id)
       ON CONFLICT (lead_id) DO UPDATE SET facts = excluded.facts, judged_since = NULL, stage = 'erased'`,
      [leadIds],
    );
  }
}

/** Lists of lists do not go through unnest; no id contains a comma. */
function refusersOf({ refusedBy }: RoutedLead): string {
  return refusedBy.join(',');
}

function judgedSinceOf({ judgedSince }: RoutedLead): string | null {
  return judgedSince && JSON.stringify(judgedSince);
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
    leads.map(({ chosen }) => chosen),
    leads.map(({ withheld }) => withheld),
  ];
}

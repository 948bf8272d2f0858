import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/** A source that sent a lead, and what it calls it. */
export interface Sender {
  readonly leadId: string;
  readonly sourceId: string;
  readonly externalId: string | null;
}

/** Who is told what becomes of a lead. */
@Injectable()
export class SendersStore {
  /**
   * At the end of the unit: sources other than the first, and other names. Of leads that are locked. Whoever gives no name this
   * time keeps the one that it gave before.
   */
  note(unit: UnitOfWork, senders: readonly Sender[]): void {
    const last = new Map<string, Sender>();
    for (const sender of senders) {
      const key = `${sender.leadId}/${sender.sourceId}`;
      if (sender.externalId !== null || !last.has(key)) last.set(key, sender);
    }
    if (last.size === 0) return;
    const rows = [...last.values()];
    unit.write(
      `INSERT INTO senders (lead_id, source_id, external_id)
       SELECT lead_id, source_id, external_id FROM unnest($1::uuid[], $2::text[], $3::text[]) AS noted (lead_id, source_id, external_id)
       ON CONFLICT (lead_id, source_id) DO UPDATE SET external_id = coalesce(excluded.external_id, senders.external_id)`,
      [
        rows.map(({ leadId }) => leadId),
        rows.map(({ sourceId }) => sourceId),
        rows.map(({ externalId }) => externalId),
      ],
    );
  }

  /** All who sent these leads, or one that turned out to be one with them; each source once for each lead. */
  async of(query: Query, leadIds: readonly string[]): Promise<(Sender & { readonly isErased: boolean })[]> {
    if (leadIds.length === 0) return [];
    return query<Sender & { readonly isErased: boolean }>(
      `WITH RECURSIVE sent (lead_id, id) AS (
         SELECT id, id FROM leads WHERE id = ANY($1::uuid[])
         UNION SELECT sent.lead_id, leads.id FROM sent JOIN leads ON leads.absorbed_by = sent.id
       ), named AS (
         SELECT sent.lead_id, sent.id, source_id, external_id, 0 AS rank FROM sent JOIN senders ON senders.lead_id = sent.id
         UNION ALL SELECT sent.lead_id, sent.id, source_id, external_id, 1 FROM sent JOIN leads ON leads.id = sent.id
       )
       SELECT DISTINCT ON (lead_id, source_id) lead_id AS "leadId", source_id AS "sourceId", external_id AS "externalId",
         (SELECT erased FROM leads WHERE leads.id = lead_id) AS "isErased"
       FROM named ORDER BY lead_id, source_id, external_id IS NULL, id <> lead_id, rank`,
      [leadIds],
    );
  }

  /** Of leads that are erased: nobody is told anything any more. */
  async forget(query: Query, leadIds: readonly string[]): Promise<void> {
    await query('DELETE FROM senders WHERE lead_id = ANY($1::uuid[])', [leadIds]);
    await query('UPDATE leads SET external_id = NULL WHERE id = ANY($1::uuid[]) AND external_id IS NOT NULL', [
      leadIds,
    ]);
  }
}

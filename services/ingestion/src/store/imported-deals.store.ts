import { Injectable } from '@nestjs/common';
import type { KnownDeal } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';

@Injectable()
export class ImportedDealsStore {
  /**
   * Deals of a source, as far as they are known, by their ids there. Whoever imports for the same source waits until this unit has
   * ended: a history is imported seldom, and by one.
   */
  async lock(
    { query }: Pick<UnitOfWork, 'query'>,
    sourceId: string,
    externalIds: readonly string[],
  ): Promise<Map<string, KnownDeal>> {
    await query(`SELECT pg_advisory_xact_lock(hashtext('imported_deals ' || $1), hashtext(current_schema()))`, [
      sourceId,
    ]);
    const rows = await query<KnownDeal & { externalId: string }>(
      `SELECT external_id AS "externalId", revision, deal FROM imported_deals
       WHERE source_id = $1 AND external_id = ANY($2::text[])`,
      [sourceId, externalIds],
    );
    return new Map(rows.map(({ externalId, ...known }) => [externalId, known]));
  }

  /** At the end of the unit, which has locked them. */
  put(unit: UnitOfWork, sourceId: string, deals: ReadonlyMap<string, KnownDeal>): void {
    if (deals.size === 0) return;
    const rows = [...deals];
    unit.write(
      `INSERT INTO imported_deals (source_id, external_id, revision, deal)
       SELECT $1, external_id, revision, deal
       FROM unnest($2::text[], $3::integer[], $4::jsonb[]) AS put (external_id, revision, deal)
       ON CONFLICT (source_id, external_id) DO UPDATE SET revision = excluded.revision, deal = excluded.deal`,
      [
        sourceId,
        rows.map(([externalId]) => externalId),
        rows.map(([, { revision }]) => revision),
        rows.map(([, { deal }]) => JSON.stringify(deal)),
      ],
    );
  }
}

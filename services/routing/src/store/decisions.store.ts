import { Injectable } from '@nestjs/common';
import type { PolicyDocument, RecordedDecision } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

export interface StoredDecision extends RecordedDecision {
  readonly leadId: string;
}

@Injectable()
export class DecisionsStore {
  add(unit: UnitOfWork, decisions: readonly StoredDecision[]): void {
    if (decisions.length === 0) return;
    unit.write(
      `INSERT INTO decisions (pool, pool_seq, lead_id, decided_at, lead, weighed, told)
       SELECT * FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::bigint[], $5::jsonb[], $6::jsonb[], $7::jsonb[])`,
      [
        decisions.map(({ told }) => told.data.decided.pool),
        decisions.map(({ told }) => told.data.decided.poolSeq),
        decisions.map(({ leadId }) => leadId),
        decisions.map(({ told }) => told.data.decided.now),
        decisions.map(({ lead }) => JSON.stringify(lead)),
        decisions.map(({ weighed }) => JSON.stringify(weighed)),
        decisions.map(({ told }) => JSON.stringify(told)),
      ],
    );
  }

  /** Every decision about the lead, the first one first. There are at most as many as a policy allows offers, and overrides. */
  async about(query: Query, leadId: string): Promise<RecordedDecision[]> {
    return query<RecordedDecision>(
      'SELECT lead, weighed, told FROM decisions WHERE lead_id = $1 ORDER BY decided_at, pool_seq LIMIT 200',
      [leadId],
    );
  }

  erase(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write(
      `UPDATE decisions SET lead = lead || '{"facts": {"engagement": {}, "attributes": {}}}' WHERE lead_id = ANY($1::uuid[])`,
      [leadIds],
    );
  }

  async pools(query: Query): Promise<string[]> {
    const rows = await query<{ id: string }>('SELECT id FROM pools ORDER BY id');
    return rows.map(({ id }) => id);
  }

  /**
   * Forgets decisions of a pool that were made before that time: those among the next `limit` after that one. Those about a lead of which
   * something was decided since are left, so that it is explained as a whole, or not at all.
   * @returns the last one that was looked at; undefined where all that follow are younger
   */
  async forget(
    query: Query,
    { pool, after, before, limit }: { pool: string; after: string; before: number; limit: number },
  ): Promise<string | undefined> {
    const [seen] = await query<{ last: string | null; looked: number; old: number }>(
      `WITH next AS (
         SELECT pool_seq, decided_at < $3 AS old FROM decisions WHERE pool = $1 AND pool_seq > $2 ORDER BY pool_seq LIMIT $4
       ), forgotten AS (
         DELETE FROM decisions d USING next WHERE d.pool = $1 AND d.pool_seq = next.pool_seq AND next.old
           AND NOT EXISTS (SELECT FROM decisions later WHERE later.lead_id = d.lead_id AND later.decided_at >= $3)
       )
       SELECT max(pool_seq) AS last, count(*)::int AS looked, count(*) FILTER (WHERE old)::int AS old FROM next`,
      [pool, after, before, limit],
    );
    return seen?.looked === limit && seen.old === limit ? (seen.last ?? undefined) : undefined;
  }

  /** The documents of these versions of a policy. */
  async policies(query: Query, versions: readonly { name: string; version: number }[]) {
    return query<{ name: string; version: number; document: PolicyDocument }>(
      `SELECT name, version, document FROM policies
       JOIN (SELECT DISTINCT name, version FROM unnest($1::text[], $2::int[]) AS named (name, version)) named
         USING (name, version)`,
      [versions.map(({ name }) => name), versions.map(({ version }) => version)],
    );
  }
}

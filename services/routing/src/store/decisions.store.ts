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

  /** What the policy decided about the lead last, whatever people have done with it since. */
  async lastOfPolicy(query: Query, leadId: string): Promise<RecordedDecision['told'] | undefined> {
    const [last] = await query<Pick<RecordedDecision, 'told'>>(
      `SELECT told FROM decisions WHERE lead_id = $1 AND told #>> '{data,why}' IS DISTINCT FROM 'override'
       ORDER BY (told #>> '{data,decided,step}')::bigint DESC NULLS LAST, decided_at DESC, pool_seq DESC LIMIT 1`,
      [leadId],
    );
    return last?.told;
  }

  erase(unit: UnitOfWork, leadIds: readonly string[]): void {
    unit.write(
      `UPDATE decisions SET lead = lead || '{"facts": {"engagement": {}, "attributes": {}}}' WHERE lead_id = ANY($1::uuid[])`,
      [leadIds],
    );
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

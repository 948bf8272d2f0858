import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';

export type ProposalState = 'waiting' | 'approved' | 'rejected' | 'overtaken';

/** What one person proposed and another has to approve. */
export interface Proposal {
  readonly id: string;
  readonly policy: string;
  /** Null: that no second person is needed any more. */
  readonly version: number | null;
  /** Null: as soon as it is approved. */
  readonly at: Date | null;
  readonly proposedAt: Date;
  readonly proposedBy: string;
  /** In a session that was opened with another key than it was in the name of: that key. */
  readonly openedBy: string | null;
  readonly state: ProposalState;
  readonly endedAt: Date | null;
  readonly endedBy: string | null;
  readonly reason: string | null;
}

export type Proposed = Pick<Proposal, 'id' | 'policy' | 'version' | 'at' | 'proposedBy' | 'openedBy'>;

/** The activation in force, of whichever policy. */
const IN_FORCE = 'SELECT coalesce(max(seq), 0) FROM policy_activations';

/** One that waits, and was overtaken by another activation meanwhile, is shown as what it is. */
const PROPOSAL = `id, policy, version, at, proposed_at AS "proposedAt", proposed_by AS "proposedBy", opened_by AS "openedBy", ended_at AS "endedAt",
  ended_by AS "endedBy", reason,
  CASE WHEN state = 'waiting' AND version IS NOT NULL AND basis <> (${IN_FORCE}) THEN 'overtaken' ELSE state END AS state`;

/** Which policies nobody puts in force alone, and what waits for the second person. */
@Injectable()
export class ProposalsStore {
  /** What puts a policy in force, or asks whether it may, waits for whoever does so just now: of two who approve at once one is the second. */
  async lock(query: Query): Promise<void> {
    await query('SELECT one FROM rules FOR UPDATE');
  }

  async isGuarded(query: Query, policy: string): Promise<boolean> {
    return (await query('SELECT 1 FROM guarded_policies WHERE policy = $1', [policy])).length > 0;
  }

  /** Whether putting this policy in force takes two: it is guarded, or the one that it would put out of force is. */
  async needsTwo(query: Query, policy: string): Promise<boolean> {
    const guarded = await query(
      'SELECT 1 FROM guarded_policies WHERE policy = $1 OR policy = (SELECT rules.policy FROM rules)',
      [policy],
    );
    return guarded.length > 0;
  }

  /** @returns false when it was so before */
  async guard(query: Query, policy: string, { by, now }: { by: string; now: number }): Promise<boolean> {
    const changed = await query(
      `INSERT INTO guarded_policies (policy, since, set_by) VALUES ($1, to_timestamp($2 / 1000.0), $3)
       ON CONFLICT DO NOTHING RETURNING policy`,
      [policy, now, by],
    );
    return changed.length > 0;
  }

  async unguard(query: Query, policy: string): Promise<void> {
    await query('DELETE FROM guarded_policies WHERE policy = $1', [policy]);
  }

  /** @returns the proposal, or the one that says the same and waits already */
  async propose(query: Query, wanted: Proposed, now: number): Promise<Proposal> {
    const { id, policy, version, at, proposedBy, openedBy } = wanted;
    await query(
      `UPDATE policy_proposals SET state = 'overtaken', ended_at = to_timestamp($2 / 1000.0), ended_by = 'fairlead'
       WHERE policy = $1 AND state = 'waiting' AND version IS NOT NULL AND basis <> (${IN_FORCE})`,
      [policy, now],
    );
    await query(
      `INSERT INTO policy_proposals (id, policy, version, at, basis, proposed_at, proposed_by, opened_by)
       SELECT $1, $2, $3, to_timestamp($4 / 1000.0), (${IN_FORCE}), to_timestamp($5 / 1000.0), $6, $7
       ON CONFLICT (policy, version, at) WHERE state = 'waiting' DO NOTHING`,
      [id, policy, version, at?.getTime() ?? null, now, proposedBy, openedBy],
    );
    const proposal = await this.waiting(query, wanted);
    if (!proposal) throw new Error('a proposal was ended in the moment in which it was made');
    return proposal;
  }

  /** What waits already and says the same, be it overtaken. */
  async waiting(
    query: Query,
    { policy, version, at }: Pick<Proposed, 'policy' | 'version' | 'at'>,
  ): Promise<Proposal | undefined> {
    const [proposal] = await query<Proposal>(
      `SELECT ${PROPOSAL} FROM policy_proposals WHERE policy = $1 AND version IS NOT DISTINCT FROM $2
         AND at IS NOT DISTINCT FROM to_timestamp($3 / 1000.0) AND policy_proposals.state = 'waiting'`,
      [policy, version, at?.getTime() ?? null],
    );
    return proposal;
  }

  async countWaiting(query: Query, policy: string): Promise<number> {
    const [row] = await query<{ count: number }>(
      `SELECT count(*)::int AS count FROM policy_proposals WHERE policy = $1 AND state = 'waiting'`,
      [policy],
    );
    return row?.count ?? 0;
  }

  async find(query: Query, { policy, id }: { policy: string; id: string }): Promise<Proposal | undefined> {
    const [row] = await query<Proposal>(`SELECT ${PROPOSAL} FROM policy_proposals WHERE policy = $1 AND id = $2`, [
      policy,
      id,
    ]);
    return row;
  }

  /** Those that wait first, then the latest. */
  async latest(query: Query, policy: string, limit: number): Promise<Proposal[]> {
    return query(
      `SELECT ${PROPOSAL} FROM policy_proposals WHERE policy = $1
       ORDER BY policy_proposals.state <> 'waiting', proposed_at DESC, id LIMIT $2`,
      [policy, limit],
    );
  }

  /** By the one who has locked and looked at it. */
  async end(
    query: Query,
    id: string,
    { state, by, reason, now }: { state: 'approved' | 'rejected'; by: string; reason?: string; now: number },
  ): Promise<Proposal> {
    const [ended] = await query<Proposal>(
      `UPDATE policy_proposals SET state = $2, ended_by = $3, reason = $4, ended_at = to_timestamp($5 / 1000.0)
       WHERE id = $1 AND state = 'waiting'
       RETURNING id, policy, version, at, proposed_at AS "proposedAt", proposed_by AS "proposedBy", opened_by AS "openedBy",
         ended_at AS "endedAt", ended_by AS "endedBy", reason, state`,
      [id, state, by, reason ?? null, now],
    );
    if (!ended) throw new Error('a proposal was ended while it was locked');
    return ended;
  }
}

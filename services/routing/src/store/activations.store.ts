import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';
import type { Span } from './policies.store.js';

/** An activation that waits for its time. */
export interface Plan {
  readonly id: string;
  readonly policy: string;
  readonly version: number;
  readonly at: Date;
  readonly by: string;
  /** In a session that was opened with another key than it was in the name of: that key. */
  readonly openedBy: string | null;
  /** The second person, where it took two. */
  readonly approvedBy: string | null;
}

/** `proposed`: planned by one person, and when its time came it took two, so that it waits for the second since. */
export type PlanOutcome = 'done' | 'cancelled' | 'proposed';

/** An activation that waits no more. */
export interface EndedPlan extends Plan {
  readonly outcome: PlanOutcome;
  readonly endedAt: Date;
  /** A key, or `fairlead` where its time had come. */
  readonly endedBy: string;
}

export interface Activation extends Span {
  readonly seq: string;
  /** The plan that it carried out. */
  readonly plan: string | null;
}

const PLAN = 'id, policy, version, at, planned_by AS by, opened_by AS "openedBy", approved_by AS "approvedBy"';

/** When policies came into force, and when they will. */
@Injectable()
export class ActivationsStore {
  /** Of one policy, newest first, before the number given. */
  async page(
    query: Query,
    policy: string,
    { before, limit }: { before: string | undefined; limit: number },
  ): Promise<Activation[]> {
    return query(
      `SELECT seq, version, activated_at AS "from", activated_by AS by, approved_by AS "approvedBy", plan,
         (SELECT activated_at FROM policy_activations AS next WHERE next.seq > own.seq ORDER BY seq LIMIT 1) AS until
       FROM policy_activations AS own WHERE policy = $1 AND ($2::bigint IS NULL OR seq < $2) ORDER BY seq DESC LIMIT $3`,
      [policy, before ?? null, limit],
    );
  }

  async waiting(query: Query, policy: string): Promise<Plan[]> {
    return query(`SELECT ${PLAN} FROM planned_activations WHERE policy = $1 AND state = 'waiting' ORDER BY at, id`, [
      policy,
    ]);
  }

  /** The latest of those that wait no more. Only the clock cancels in the name of `fairlead`, which is the id of no key: it proposes them. */
  async ended(query: Query, policy: string, limit: number): Promise<EndedPlan[]> {
    return query(
      `SELECT ${PLAN}, ended_at AS "endedAt", ended_by AS "endedBy",
         CASE WHEN state = 'cancelled' AND ended_by = 'fairlead' THEN 'proposed' ELSE state END AS outcome
       FROM planned_activations WHERE policy = $1 AND state <> 'waiting' ORDER BY ended_at DESC, id LIMIT $2`,
      [policy, limit],
    );
  }

  /** Over all policies. */
  async countWaiting(query: Query): Promise<number> {
    const [row] = await query<{ count: number }>(
      `SELECT count(*)::int AS count FROM planned_activations WHERE state = 'waiting'`,
    );
    return row?.count ?? 0;
  }

  /** @returns the plan, or the one that says the same and waits already; one that nobody approved takes over that somebody has */
  async add(query: Query, { id, policy, version, at, by, openedBy, approvedBy }: Plan, now: number): Promise<Plan> {
    await query(
      `INSERT INTO planned_activations (id, policy, version, at, planned_at, planned_by, approved_by, opened_by)
       VALUES ($1, $2, $3, to_timestamp($4 / 1000.0), to_timestamp($5 / 1000.0), $6, $7, $8)
       ON CONFLICT (policy, version, at) WHERE state = 'waiting' DO UPDATE
         SET planned_by = EXCLUDED.planned_by, approved_by = EXCLUDED.approved_by, opened_by = EXCLUDED.opened_by
         WHERE planned_activations.approved_by IS NULL AND EXCLUDED.approved_by IS NOT NULL`,
      [id, policy, version, at.getTime(), now, by, approvedBy, openedBy],
    );
    const [plan] = await query<Plan>(
      `SELECT ${PLAN} FROM planned_activations
       WHERE policy = $1 AND version = $2 AND at = to_timestamp($3 / 1000.0) AND state = 'waiting'`,
      [policy, version, at.getTime()],
    );
    if (!plan) throw new Error('a plan was ended in the moment in which it was made');
    return plan;
  }

  /** By the database's clock, which all processes share: one whose own clock is wrong carries out nothing too early. */
  async anyDue(query: Query): Promise<boolean> {
    return (
      (await query(`SELECT 1 FROM planned_activations WHERE state = 'waiting' AND at <= clock_timestamp() LIMIT 1`))
        .length > 0
    );
  }

  /** The earliest plan that is due, locked. Others who look wait for it, so that plans take effect in their order. */
  async lockDue(query: Query): Promise<Plan | undefined> {
    const [plan] = await query<Plan>(
      `SELECT ${PLAN} FROM planned_activations WHERE state = 'waiting' AND at <= clock_timestamp()
       ORDER BY at, id LIMIT 1 FOR UPDATE`,
    );
    return plan;
  }

  async done(query: Query, id: string, { by, now }: { by: string; now: number }): Promise<void> {
    await query(
      `UPDATE planned_activations SET state = 'done', ended_at = to_timestamp($2 / 1000.0), ended_by = $3 WHERE id = $1`,
      [id, now, by],
    );
  }

  async cancel(
    query: Query,
    { policy, id }: { policy: string; id: string },
    { by, now }: { by: string; now: number },
  ): Promise<Plan | 'ended' | 'unknown'> {
    const [cancelled] = await query<Plan>(
      `UPDATE planned_activations SET state = 'cancelled', ended_at = to_timestamp($3 / 1000.0), ended_by = $4
       WHERE policy = $1 AND id = $2 AND state = 'waiting' RETURNING ${PLAN}`,
      [policy, id, now, by],
    );
    if (cancelled) return cancelled;
    const known = await query('SELECT 1 FROM planned_activations WHERE policy = $1 AND id = $2', [policy, id]);
    return known.length > 0 ? 'ended' : 'unknown';
  }
}

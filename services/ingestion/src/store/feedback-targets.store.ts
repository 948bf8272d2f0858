import { Injectable } from '@nestjs/common';
import type { Query } from '@fairlead/persistence';

/** `callback`: the source's own address; `tool`: its API, in its own words. */
export type TargetKind = 'callback' | 'tool';

/** What is told at once: entries behind `after`, up to `through`. */
export interface Batch {
  readonly sourceId: string;
  readonly kind: TargetKind;
  readonly after: string;
  readonly through: string;
  /** This one included. */
  readonly attempts: number;
}

/** How long a claim is a process's own: the deadline of a request, and time to write down what came of it. */
const LEASE_SECONDS = 60;

@Injectable()
export class FeedbackTargetsStore {
  /** Begins to tell it what is said from now on, or no more. One that is set up anew is tried at once: somebody has mended something. */
  async put(query: Query, sourceId: string, kind: TargetKind, wanted: boolean): Promise<void> {
    if (wanted)
      await query(
        `INSERT INTO feedback_targets (source_id, kind, told_through)
         VALUES ($1, $2, coalesce((SELECT last FROM feedback_heads WHERE source_id = $1), 0))
         ON CONFLICT (source_id, kind) DO UPDATE SET due_at = least(feedback_targets.due_at, now())`,
        [sourceId, kind],
      );
    else await query('DELETE FROM feedback_targets WHERE source_id = $1 AND kind = $2', [sourceId, kind]);
  }

  /** Those that there is something to tell, and that may be told it now. */
  async due(query: Query): Promise<{ readonly sourceId: string; readonly kind: TargetKind }[]> {
    return query(
      `SELECT source_id AS "sourceId", kind FROM feedback_targets AS target
       WHERE due_at <= now() AND EXISTS (
         SELECT 1 FROM feedback WHERE feedback.source_id = target.source_id AND position > told_through)
       ORDER BY due_at`,
    );
  }

  /** The batch that is under way, or the next. Should this process die, it is due again when the lease ends. */
  async claim(query: Query, sourceId: string, kind: TargetKind, limit: number): Promise<Batch | undefined> {
    const [batch] = await query<Batch>(
      `UPDATE feedback_targets AS target SET attempts = attempts + 1, due_at = now() + make_interval(secs => $4),
         sending = coalesce(sending, (SELECT max(position) FROM (
           SELECT position FROM feedback WHERE feedback.source_id = target.source_id AND position > told_through
           ORDER BY position LIMIT $3) AS next))
       WHERE source_id = $1 AND kind = $2 AND due_at <= now() AND (sending IS NOT NULL OR EXISTS (
         SELECT 1 FROM feedback WHERE feedback.source_id = target.source_id AND position > told_through))
       RETURNING source_id AS "sourceId", kind, told_through AS after, sending AS through, attempts`,
      [sourceId, kind, limit, LEASE_SECONDS],
    );
    return batch;
  }

  /** It is told, or given up; the next follows. Nothing, when another process has taken it over since. */
  async settle(query: Query, { sourceId, kind, through, attempts }: Batch, why: string | null): Promise<void> {
    await query(
      `UPDATE feedback_targets SET told_through = sending, sending = NULL, attempts = 0, due_at = now(),
         failing = $5, failing_since = CASE WHEN $5::text IS NOT NULL THEN coalesce(failing_since, now()) END
       WHERE source_id = $1 AND kind = $2 AND sending = $3 AND attempts = $4`,
      [sourceId, kind, through, attempts, why],
    );
  }

  /** @param counts  whether it was an attempt: being told to wait is none */
  async tryLater(
    query: Query,
    { sourceId, kind, through, attempts }: Batch,
    { why, delayMs, counts }: { readonly why: string; readonly delayMs: number; readonly counts: boolean },
  ): Promise<void> {
    await query(
      `UPDATE feedback_targets SET due_at = now() + $6 * interval '1 ms', attempts = attempts - $7,
         failing = $5, failing_since = coalesce(failing_since, now())
       WHERE source_id = $1 AND kind = $2 AND sending = $3 AND attempts = $4`,
      [sourceId, kind, through, attempts, why, delayMs, counts ? 0 : 1],
    );
  }

  /** Something in it is refused, and all of it for that: half of it is tried by itself. */
  async narrow(query: Query, { sourceId, kind, through, attempts }: Batch, middle: string): Promise<void> {
    await query(
      `UPDATE feedback_targets SET sending = $5, attempts = 0, due_at = now()
       WHERE source_id = $1 AND kind = $2 AND sending = $3 AND attempts = $4`,
      [sourceId, kind, through, attempts, middle],
    );
  }
}

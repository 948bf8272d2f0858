import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/** What is to be asked for. */
export interface Fetch {
  readonly sourceId: string;
  readonly reference: string;
  readonly revision: number;
  /** This one included. */
  readonly attempts: number;
  readonly wantedAt: Date;
  readonly traceparent: string | null;
}

/** Waiting for one source: at the pace of a batch every quarter of a second, an hour's work and more. */
const MAX_WAITING = 100_000;
/** How long a claim is a process's own: the deadline of a request, and time to take in what it brought. */
const LEASE_SECONDS = 60;
/** What was given up is kept for whoever looks why, and asked for again when its source is mended. */
const KEPT_DAYS = 30;

/** What webhooks of a source only named. */
export interface Wanted {
  /** Named, and not answered yet. */
  readonly waiting: number;
  /** Since when the longest of it waits. */
  readonly since?: Date;
  /** Asked for nine times in vain. */
  readonly givenUp: number;
  /** With what the last attempts failed: of what waits, else of what was given up; the most frequent of it. */
  readonly failing?: string;
}

@Injectable()
export class FetchesStore {
  /**
   * Wants it asked for, now. Named once more while it waits, it is asked for once.
   * @returns false when too much is waiting for this source
   */
  async want(
    { query, now }: UnitOfWork,
    { sourceId, reference, traceparent }: { sourceId: string; reference: string; traceparent: string | undefined },
  ): Promise<boolean> {
    const rows = await query(
      `INSERT INTO fetches (source_id, reference, wanted_at, due_at, traceparent)
       SELECT $1, $2, to_timestamp($3::float8 / 1000), to_timestamp($3::float8 / 1000), $4
       WHERE (SELECT count(*) FROM (
         SELECT 1 FROM fetches WHERE source_id = $1 AND given_up_at IS NULL LIMIT $5) AS waiting) < $5
       ON CONFLICT (source_id, reference) DO UPDATE SET revision = fetches.revision + 1, attempts = 0, failed = NULL,
         given_up_at = NULL, wanted_at = excluded.wanted_at, due_at = excluded.due_at, traceparent = excluded.traceparent
       RETURNING 1`,
      [sourceId, reference, now, traceparent ?? null, MAX_WAITING],
    );
    return rows.length > 0;
  }

  /**
   * Somebody has set up anew how the source is asked, and may have mended what was wrong: what waits and what was given up is due at
   * once, as if it had not been tried. Of more than may wait, the newest.
   */
  async wantAnew(query: Query, sourceId: string): Promise<void> {
    await query(
      `UPDATE fetches SET attempts = 0, given_up_at = NULL, due_at = now()
       WHERE source_id = $1 AND reference = ANY(ARRAY(
         SELECT reference FROM fetches WHERE source_id = $1 ORDER BY wanted_at DESC LIMIT $2))`,
      [sourceId, MAX_WAITING],
    );
  }

  async wantedOf(query: Query, sourceId: string): Promise<Wanted> {
    const rows = await query<{ isGivenUp: boolean; failed: string | null; count: string; since: Date }>(
      `SELECT given_up_at IS NOT NULL AS "isGivenUp", failed, count(*) AS count, min(wanted_at) AS since
       FROM fetches WHERE source_id = $1 GROUP BY 1, 2 ORDER BY 1, 3 DESC`,
      [sourceId],
    );
    const sum = (isGivenUp: boolean) =>
      rows.reduce((before, row) => before + (row.isGivenUp === isGivenUp ? Number(row.count) : 0), 0);
    const waiting = rows.filter(({ isGivenUp }) => !isGivenUp);
    const since = waiting.map((row) => row.since).sort((one, other) => one.getTime() - other.getTime())[0];
    const failing = rows.find(({ failed }) => failed !== null)?.failed ?? undefined;
    return {
      ...{ waiting: sum(false), givenUp: sum(true) },
      ...(since && { since }),
      ...(failing !== undefined && { failing }),
    };
  }

  /** Sources for which something is due and that may be asked again. */
  async sourcesDue(query: Query): Promise<string[]> {
    const rows = await query<{ id: string }>(
      `SELECT id FROM sources LEFT JOIN fetch_paces ON source_id = id
       WHERE fetch_token IS NOT NULL AND coalesce(next_at <= now(), true) AND EXISTS (
         SELECT 1 FROM fetches WHERE fetches.source_id = id AND given_up_at IS NULL AND due_at <= now())
       ORDER BY id`,
    );
    return rows.map(({ id }) => id);
  }

  /** @returns whether this process may ask now; nobody else may before `paceMs` have gone by */
  async takeTurn(query: Query, sourceId: string, paceMs: number): Promise<boolean> {
    const rows = await query(
      `INSERT INTO fetch_paces (source_id, next_at) VALUES ($1, now() + $2 * interval '1 ms')
       ON CONFLICT (source_id) DO UPDATE SET next_at = excluded.next_at WHERE fetch_paces.next_at <= now() RETURNING 1`,
      [sourceId, paceMs],
    );
    return rows.length > 0;
  }

  /** The tool asks to be left alone for a while. */
  async pause(query: Query, sourceId: string, pauseMs: number): Promise<void> {
    await query(`UPDATE fetch_paces SET next_at = now() + $2 * interval '1 ms' WHERE source_id = $1`, [
      sourceId,
      pauseMs,
    ]);
  }

  /** The longest due first. Should this process die, they are due again when the lease ends. */
  async claim(query: Query, sourceId: string, limit: number): Promise<Fetch[]> {
    return query<Fetch>(
      `UPDATE fetches SET attempts = attempts + 1, due_at = now() + make_interval(secs => $3)
       WHERE (source_id, reference) IN (
         SELECT source_id, reference FROM fetches WHERE source_id = $1 AND given_up_at IS NULL AND due_at <= now()
         ORDER BY due_at LIMIT $2 FOR UPDATE SKIP LOCKED)
       RETURNING source_id AS "sourceId", reference, revision, attempts, wanted_at AS "wantedAt", traceparent`,
      [sourceId, limit, LEASE_SECONDS],
    );
  }

  /** Its answer is taken in. One that was named again meanwhile stays, and is due. */
  async done(query: Query, { sourceId, reference, revision }: Fetch): Promise<void> {
    await query('DELETE FROM fetches WHERE source_id = $1 AND reference = $2 AND revision = $3', [
      ...[sourceId, reference, revision],
    ]);
  }

  /**
   * Nothing where it has been made due anew, or another process has taken it over, since it was claimed.
   * @param delayMs until the next attempt; undefined: there is none
   * @param counts  whether it was an attempt: being told to wait is none
   */
  async failed(
    query: Query,
    fetches: readonly { readonly fetch: Fetch; readonly delayMs: number | undefined }[],
    { why, counts = true }: { readonly why: string; readonly counts?: boolean },
  ): Promise<void> {
    await query(
      `UPDATE fetches SET failed = $5, attempts = fetches.attempts - $6, given_up_at = CASE WHEN delay IS NULL THEN now() END,
         due_at = now() + coalesce(delay, 0) * interval '1 ms'
       FROM unnest($1::text[], $2::text[], $3::int[], $4::float8[], $7::int[]) AS tried (source_id, reference, revision, delay, attempts)
       WHERE (fetches.source_id, fetches.reference, fetches.revision, fetches.attempts) =
         (tried.source_id, tried.reference, tried.revision, tried.attempts)`,
      [
        fetches.map(({ fetch }) => fetch.sourceId),
        fetches.map(({ fetch }) => fetch.reference),
        fetches.map(({ fetch }) => fetch.revision),
        fetches.map(({ delayMs }) => delayMs ?? null),
        why,
        counts ? 0 : 1,
        fetches.map(({ fetch }) => fetch.attempts),
      ],
    );
  }

  /** @returns how many were dropped: given up, or never asked for because their source has nothing to ask with */
  async dropOld(query: Query, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM fetches WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM fetches WHERE wanted_at < now() - make_interval(days => $2) LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [limit, KEPT_DAYS],
    );
    return rows.length;
  }
}

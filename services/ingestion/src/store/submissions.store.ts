import { Injectable } from '@nestjs/common';
import type { Mapping } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import type { Query } from '@fairlead/persistence';
import type { RowResult } from '../intake/rows.js';
import type { KeyedPart } from './idempotency-keys.store.js';

/** A request that was accepted, and is taken in when its turn comes. */
export interface AcceptedSubmission {
  readonly id: string;
  /** Id of the API key. */
  readonly caller: string;
  readonly idempotencyKey: string | null;
  /** HMAC of what was sent. */
  readonly request: Buffer;
  /** Null: each row names its own. */
  readonly sourceId: string | null;
  readonly mapping: Mapping | 'none' | null;
  readonly strict: boolean;
  readonly traceparent: string | null;
  readonly rows: number;
  readonly acceptedAt: Date;
}

/** How far it has come. */
export interface Progress extends AcceptedSubmission {
  readonly finishedAt: Date | null;
  /** Rows that have not been taken in yet. */
  readonly waiting: number;
}

/** By whom answers to the parts of submissions are kept, among those of keys: no API key has such an id. */
const ANSWERED_AS = 'submission';
/** Rows of a part: what one transaction takes in at most. */
export const PART_ROWS = 500;

const COLUMNS = `id, caller, idempotency_key AS "idempotencyKey", request, source_id AS "sourceId", mapping, strict, traceparent, rows,
  accepted_at AS "acceptedAt"`;

@Injectable()
export class SubmissionsStore {
  constructor(private readonly personalData: PersonalData) {}

  /** Stores rows as they were sent, before anybody is told that they are. */
  async keep(query: Query, id: string, part: number, rows: number, body: Buffer): Promise<void> {
    const sealed = await this.personalData.sealBytes(placeOf(id, part), body);
    await query('INSERT INTO submission_parts (submission_id, part, rows, body) VALUES ($1, $2, $3, $4)', [
      id,
      part,
      rows,
      sealed,
    ]);
  }

  /**
   * From now on it is the sender's no more.
   * @returns the one that was accepted before under the same Idempotency-Key, or itself
   */
  async accept(query: Query, submission: AcceptedSubmission): Promise<AcceptedSubmission> {
    const { id, caller, idempotencyKey, request, sourceId, mapping, strict, traceparent, rows, acceptedAt } =
      submission;
    const [accepted] = await query(
      `INSERT INTO submissions (id, caller, idempotency_key, request, source_id, mapping, strict, traceparent, rows, accepted_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (caller, idempotency_key) DO NOTHING RETURNING 1`,
      [
        ...[
          id,
          caller,
          idempotencyKey,
          request,
          sourceId,
          mapping && JSON.stringify(mapping),
          strict,
          traceparent,
          rows,
        ],
        acceptedAt,
      ],
    );
    if (accepted) return submission;
    const [before] = await query<AcceptedSubmission>(
      `SELECT ${COLUMNS} FROM submissions WHERE caller = $1 AND idempotency_key = $2`,
      [caller, idempotencyKey],
    );
    if (!before) throw new Error('a submission was forgotten while it was sent again');
    return before;
  }

  /** What was stored of a request that was not accepted. */
  async drop(query: Query, id: string): Promise<void> {
    await query('DELETE FROM submission_parts WHERE submission_id = $1', [id]);
    await this.personalData.erase([id]);
  }

  /** Rows that wait, of all submissions. */
  async countWaiting(query: Query): Promise<number> {
    const [row] = await query<{ waiting: number }>(
      'SELECT coalesce(sum(rows), 0)::float8 AS waiting FROM submission_parts',
    );
    return row?.waiting ?? 0;
  }

  /** Whether something that was accepted by then is still to be taken in; but for what cannot be, which the log tells of. */
  async areWaiting(query: Query, acceptedUntil: Date): Promise<boolean> {
    const rows = await query(
      'SELECT 1 FROM submissions WHERE finished_at IS NULL AND failures = 0 AND accepted_at <= $1 LIMIT 1',
      [acceptedUntil],
    );
    return rows.length > 0;
  }

  /** The oldest that nobody is at, for this one alone until the lease ends. */
  async lease(query: Query, leaseMs: number): Promise<AcceptedSubmission | undefined> {
    const [row] = await query<AcceptedSubmission>(
      `UPDATE submissions SET leased_until = now() + make_interval(secs => $1::float8 / 1000)
       WHERE id = (SELECT id FROM submissions WHERE finished_at IS NULL AND leased_until < now()
                   ORDER BY accepted_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
       RETURNING ${COLUMNS}`,
      [leaseMs],
    );
    return row;
  }

  /** Parts that are yet to be taken in, in their order. */
  async parts(query: Query, id: string): Promise<{ readonly part: number; readonly rows: number }[]> {
    return query('SELECT part, rows FROM submission_parts WHERE submission_id = $1 ORDER BY part', [id]);
  }

  /** @returns undefined when somebody else has taken it in meanwhile */
  async open(query: Query, id: string, part: number): Promise<Buffer | undefined> {
    const [row] = await query<{ body: Buffer }>(
      'SELECT body FROM submission_parts WHERE submission_id = $1 AND part = $2',
      [id, part],
    );
    return row && this.personalData.unsealBytes(placeOf(id, part), row.body);
  }

  /** At the end of the unit that takes it in; whoever is at it goes on being so. */
  takenIn(unit: UnitOfWork, id: string, part: number, leaseMs: number): void {
    unit.write('DELETE FROM submission_parts WHERE submission_id = $1 AND part = $2', [id, part]);
    unit.write('UPDATE submissions SET leased_until = now() + make_interval(secs => $2::float8 / 1000) WHERE id = $1', [
      id,
      leaseMs,
    ]);
  }

  /** All parts are taken in: nothing of what was sent can be read any more. */
  async finish(query: Query, id: string): Promise<void> {
    await this.personalData.erase([id]);
    await query('UPDATE submissions SET finished_at = now() WHERE id = $1 AND finished_at IS NULL', [id]);
  }

  /** It could not go on: others may, and this one is tried again later and later, at least once an hour. */
  async putOff(query: Query, id: string): Promise<void> {
    await query(
      `UPDATE submissions SET failures = failures + 1,
         leased_until = now() + least(interval '1 hour', interval '1 second' * 2 ^ least(failures, 12)) WHERE id = $1`,
      [id],
    );
  }

  /** @param sourceId  where only this source's are to be seen */
  async find(query: Query, id: string, sourceId: string | undefined): Promise<Progress | undefined> {
    const [row] = await query<Progress>(
      `SELECT ${COLUMNS}, finished_at AS "finishedAt",
         (SELECT coalesce(sum(rows), 0)::int FROM submission_parts WHERE submission_id = $1) AS waiting
       FROM submissions WHERE id = $1 AND ($2::text IS NULL OR source_id = $2)`,
      [id, sourceId ?? null],
    );
    return row;
  }

  /** How many rows became what. */
  async counts(query: Query, id: string): Promise<Record<string, number>> {
    const rows = await query<{ status: string; count: number }>(
      `SELECT result ->> 'status' AS status, count(*)::int AS count
       FROM idempotency_keys, json_array_elements(answer) AS result WHERE caller = $1 AND key = $2 GROUP BY 1`,
      [ANSWERED_AS, id],
    );
    return Object.fromEntries(rows.map(({ status, count }) => [status, count]));
  }

  /** What became of rows, from that index on, in their order. Those that are not taken in yet are missing. */
  async results(query: Query, id: string, from: number, limit: number): Promise<RowResult[]> {
    const rows = await query<{ answer: RowResult[] }>(
      `SELECT answer FROM idempotency_keys WHERE caller = $1 AND key = $2 AND part BETWEEN $3 AND $4 ORDER BY part`,
      [ANSWERED_AS, id, Math.floor(from / PART_ROWS), Math.floor((from + limit - 1) / PART_ROWS)],
    );
    return rows.flatMap(({ answer }) => answer).filter(({ index }) => index >= from && index < from + limit);
  }

  /**
   * Answers are kept for a day, and what was left of requests that broke off is of no use to anybody.
   * @returns how many were forgotten
   */
  async forgetOld(query: Query, limit: number): Promise<number> {
    const left = await query<{ id: string }>(
      `DELETE FROM submission_parts WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM submission_parts AS left_over WHERE stored_at < now() - interval '1 hour'
           AND NOT EXISTS (SELECT FROM submissions WHERE id = left_over.submission_id) LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING submission_id AS id`,
      [limit],
    );
    await this.personalData.erase([...new Set(left.map(({ id }) => id))]);
    const rows = await query(
      `DELETE FROM submissions WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM submissions WHERE finished_at < now() - interval '1 day' LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [limit],
    );
    return Math.max(left.length, rows.length);
  }
}

/** A part that is worked off twice is answered as before, and nothing of it happens again. */
export function keyedPartOf(id: string, part: number): KeyedPart {
  return { caller: ANSWERED_AS, key: id, part, request: Buffer.from(id) };
}

function placeOf(id: string, part: number) {
  return { leadId: id, eventId: String(part), field: 'rows' };
}

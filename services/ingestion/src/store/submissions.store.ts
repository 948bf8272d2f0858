import { Injectable } from '@nestjs/common';
import type { Mapping } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import { PersonalData } from '@fairlead/personal-data';
import type { Query } from '@fairlead/persistence';
import { randomUUID } from 'node:crypto';
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
  /** Single leads that came together, each in a request of its own. */
  readonly gathered: boolean;
  /** Of those: each one's own, where any has one. */
  readonly traceparents: readonly (string | null)[] | null;
}

/** Single leads of one caller for one source, which are kept as one submission. */
export interface Gathered extends Pick<
  AcceptedSubmission,
  'id' | 'caller' | 'sourceId' | 'mapping' | 'strict' | 'rows' | 'traceparents'
> {
  /** As `writeRows` writes them. */
  readonly body: Buffer;
}

/** How far it has come. */
export interface Progress extends AcceptedSubmission {
  readonly finishedAt: Date | null;
  /** Rows that have not been taken in yet. */
  readonly waiting: number;
  /** Where one single lead of several was asked for: its index. */
  readonly place?: number;
}

/** By whom answers to the parts of submissions are kept, among those of keys: no API key has such an id. */
const ANSWERED_AS = 'submission';
/** Some seven seconds, by `putOff`. */
const FAILURES_UNTIL_HOPELESS = 4;
/** Rows of a part: what one transaction takes in at most. */
export const PART_ROWS = 500;

const COLUMNS = `id, caller, idempotency_key AS "idempotencyKey", request, source_id AS "sourceId", mapping, strict, traceparent, rows,
  accepted_at AS "acceptedAt", gathered, traceparents`;
/** Digits of an id that say which lead of several it is. */
const PLACE_DIGITS = 3;

@Injectable()
export class SubmissionsStore {
  constructor(private readonly personalData: PersonalData) {}

  /** Stores rows as they were sent, before anybody is told that they are. */
  async keep(query: Query, id: string, part: number, rows: number, body: Buffer): Promise<void> {
    const [sealed] = await this.personalData.sealBytes([{ ...placeOf(id, part), bytes: body }]);
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

  /** Ids for single leads that will come together, with their keys on the disk. */
  async newGatheredIds(count: number): Promise<string[]> {
    const ids = Array.from({ length: count }, () => gatheredIdOf(randomUUID()));
    await this.personalData.makeKeys(ids);
    return ids;
  }

  /** Nobody will use them. */
  async dropGatheredIds(ids: readonly string[]): Promise<void> {
    await this.personalData.erase(ids);
  }

  /** Stores single leads, as many as came together. From then on they are their senders' no more. */
  async gather(query: Query, all: readonly Gathered[], acceptedAt: Date): Promise<void> {
    const sealed = await this.personalData.sealBytes(all.map(({ id, body }) => ({ ...placeOf(id, 0), bytes: body })));
    await query(
      `WITH kept AS (
         INSERT INTO submission_parts (submission_id, part, rows, body)
         SELECT id, 0, rows, body FROM unnest($1::uuid[], $2::int[], $3::bytea[]) AS part (id, rows, body)
       )
       INSERT INTO submissions (id, rows, caller, request, source_id, mapping, strict, traceparents, accepted_at, gathered)
       SELECT id, rows, caller, '', source_id, mapping, strict, traceparents, $9, true
       FROM unnest($1::uuid[], $2::int[], $4::text[], $5::text[], $6::jsonb[], $7::boolean[], $8::json[])
         AS submission (id, rows, caller, source_id, mapping, strict, traceparents)`,
      [
        all.map(({ id }) => id),
        all.map(({ rows }) => rows),
        sealed,
        all.map(({ caller }) => caller),
        all.map(({ sourceId }) => sourceId),
        all.map(({ mapping }) => mapping && JSON.stringify(mapping)),
        all.map(({ strict }) => strict),
        all.map(({ traceparents }) => traceparents && JSON.stringify(traceparents)),
        acceptedAt,
      ],
    );
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

  /**
   * Whether something that was accepted by then is still to be taken in; but for what cannot be, which the log tells of. Once is no proof of
   * that: of two that came at the same moment about the same person one may have to be tried again.
   */
  async areWaiting(query: Query, acceptedUntil: Date): Promise<boolean> {
    const rows = await query(
      'SELECT 1 FROM submissions WHERE finished_at IS NULL AND failures < $2 AND accepted_at <= $1 LIMIT 1',
      [acceptedUntil, FAILURES_UNTIL_HOPELESS],
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

  /** The oldest gathered ones that nobody is at, of at most so many rows together: for this one alone until the lease ends. */
  async leaseGathered(query: Query, leaseMs: number, rows: number): Promise<AcceptedSubmission[]> {
    return query<AcceptedSubmission>(
      `UPDATE submissions SET leased_until = now() + make_interval(secs => $1::float8 / 1000)
       WHERE id = ANY(ARRAY(
         SELECT id FROM (
           SELECT id, sum(rows) OVER (ORDER BY accepted_at, id) AS total FROM (
             SELECT id, rows, accepted_at FROM submissions
             WHERE finished_at IS NULL AND leased_until < now() AND gathered AND failures = 0
             ORDER BY accepted_at, id LIMIT $2 FOR UPDATE SKIP LOCKED
           ) AS oldest
         ) AS counted WHERE total <= $2
       ))
       RETURNING ${COLUMNS}`,
      [leaseMs, rows],
    );
  }

  /** Whoever was at it is not any more: the rest of it is anybody's, at once. */
  async letGo(query: Query, id: string): Promise<void> {
    await query(`UPDATE submissions SET leased_until = now() WHERE id = $1`, [id]);
  }

  /** Parts that are yet to be taken in, in their order. */
  async parts(query: Query, id: string): Promise<{ readonly part: number; readonly rows: number }[]> {
    return query('SELECT part, rows FROM submission_parts WHERE submission_id = $1 ORDER BY part', [id]);
  }

  /** @returns undefined when somebody else has taken it in meanwhile */
  async open(query: Query, id: string, part: number): Promise<Buffer | undefined> {
    return (await this.openAll(query, [{ id, part }])).get(id);
  }

  /**
   * What is left of a part of each of these submissions.
   * @throws when any of them cannot be opened
   */
  async openAll(
    query: Query,
    parts: readonly { readonly id: string; readonly part: number }[],
  ): Promise<Map<string, Buffer>> {
    const rows = await query<{ id: string; part: number; body: Buffer }>(
      `SELECT submission_id AS id, part, body FROM submission_parts
       JOIN unnest($1::uuid[], $2::int[]) AS asked (submission_id, part) USING (submission_id, part)`,
      [parts.map(({ id }) => id), parts.map(({ part }) => part)],
    );
    const bodies = await this.personalData.unsealBytes(
      rows.map(({ id, part, body }) => ({ ...placeOf(id, part), sealed: body })),
    );
    return new Map(rows.map(({ id }, at) => [id, bodies[at] as Buffer]));
  }

  /** At the end of the unit that takes them in; whoever is at them goes on being so. */
  takenIn(unit: UnitOfWork, parts: readonly KeyedPart[], leaseMs: number): void {
    const ids = parts.map(({ key }) => key);
    unit.write(
      `DELETE FROM submission_parts USING unnest($1::uuid[], $2::int[]) AS done (id, number)
       WHERE submission_id = done.id AND part = done.number`,
      [ids, parts.map(({ part }) => part)],
    );
    unit.write(
      'UPDATE submissions SET leased_until = now() + make_interval(secs => $2::float8 / 1000) WHERE id = ANY($1::uuid[])',
      [ids, leaseMs],
    );
  }

  /** All parts are taken in: nothing of what was sent can be read any more. */
  async finish(query: Query, ids: readonly string[]): Promise<void> {
    await this.personalData.erase(ids);
    await query('UPDATE submissions SET finished_at = now() WHERE id = ANY($1::uuid[]) AND finished_at IS NULL', [ids]);
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
         (SELECT coalesce(sum(parts.rows), 0)::int FROM submission_parts AS parts WHERE submission_id = submissions.id) AS waiting
       FROM submissions WHERE (id = $1 OR (id = $3 AND gathered)) AND ($2::text IS NULL OR source_id = $2)`,
      [id, sourceId ?? null, gatheredIdOf(id)],
    );
    if (!row?.gathered) return row;
    const place = Number.parseInt(id.slice(-PLACE_DIGITS), 16) - 1;
    return place >= 0 && place < row.rows ? { ...row, place } : undefined;
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

/** By which a single lead is asked for: it says where it is, so that nothing has to be kept for each. */
export function singleIdOf(gatheredId: string, place: number): string {
  return gatheredId.slice(0, -PLACE_DIGITS) + (place + 1).toString(16).padStart(PLACE_DIGITS, '0');
}

function gatheredIdOf(id: string): string {
  return id.slice(0, -PLACE_DIGITS) + '0'.repeat(PLACE_DIGITS);
}

function placeOf(id: string, part: number) {
  return { leadId: id, eventId: String(part), field: 'rows' };
}

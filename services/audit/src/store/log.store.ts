import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import { type Query, QueryFailed } from '@fairlead/persistence';
import type { Cosignature } from '@fairlead/transparency-log';

/** This process leads no longer: another one has taken over, and writes the log. */
export class NoLongerLeading extends Error {
  override readonly name = 'NoLongerLeading';
}

export interface Head {
  /** How many entries have a place. */
  readonly size: number;
  /** Size of the last checkpoint, and the checkpoint. */
  readonly published: number;
  readonly note: string | null;
}

/** A record that is to have a place, or had one already. */
export interface Arrival {
  readonly eventId: string;
  readonly subject: string;
  readonly type: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

export interface Placed extends Arrival {
  readonly index: number;
}

export interface PartitionState {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: string;
  readonly nextOffset: string;
  readonly entries: number;
  readonly repeated: number;
  readonly unreadable: number;
  readonly gaps: number;
}

/** What a batch adds to a partition's count. */
export interface PartitionProgress {
  readonly topic: string;
  readonly partition: number;
  readonly firstOffset: bigint;
  readonly nextOffset: bigint;
  readonly entries: number;
  readonly repeated: number;
  readonly unreadable: number;
}

export interface Unreadable {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly why: string;
  readonly sha256: Buffer;
}

/** Whether places were refused because one of the events has its own already. */
export function hasPlaceAlready(error: unknown): boolean {
  return error instanceof QueryFailed && error.constraint === 'entries_event_id_key';
}

@Injectable()
export class LogStore {
  async head(query: Query): Promise<Head> {
    const [head] = await query<Head>('SELECT size::float8, published::float8, note FROM log_head');
    return head ?? { size: 0, published: 0, note: null };
  }

  /** Leads, unless somebody does; every earlier leader is put aside by it. @returns the epoch that is this leader's */
  async lead(query: Query, leaseMs: number): Promise<string | undefined> {
    const [row] = await query<{ epoch: string }>(
      `UPDATE log_head SET epoch = epoch + 1, leads_until = clock_timestamp() + make_interval(secs => $1 / 1000.0)
       WHERE leads_until < clock_timestamp() RETURNING epoch`,
      [leaseMs],
    );
    return row?.epoch;
  }

  /** @throws NoLongerLeading */
  async stay(query: Query, epoch: string, leaseMs: number): Promise<void> {
    const rows = await query(
      `UPDATE log_head SET leads_until = clock_timestamp() + make_interval(secs => $2 / 1000.0)
       WHERE epoch = $1 RETURNING 1`,
      [epoch, leaseMs],
    );
    if (rows.length === 0) throw new NoLongerLeading('another process leads');
  }

  /** Lets another process lead at once. */
  async resign(query: Query, epoch: string): Promise<void> {
    await query(`UPDATE log_head SET leads_until = '-infinity' WHERE epoch = $1`, [epoch]);
  }

  /**
   * Locks the head, for giving places.
   * @returns how many entries have one
   * @throws NoLongerLeading
   */
  async lockHead(query: Query, epoch: string): Promise<number> {
    const [row] = await query<{ size: number; epoch: string }>('SELECT size::float8, epoch FROM log_head FOR UPDATE');
    if (row?.epoch !== epoch) throw new NoLongerLeading('another process leads');
    return row.size;
  }

  /** Which of these events have a place. */
  async known(query: Query, eventIds: readonly string[]): Promise<Set<string>> {
    const rows = await query<{ id: string }>('SELECT event_id AS id FROM entries WHERE event_id = ANY($1::uuid[])', [
      eventIds,
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  append(
    unit: UnitOfWork,
    size: number,
    entries: readonly Placed[],
    progress: readonly PartitionProgress[],
    unreadable: readonly Unreadable[],
  ): void {
    if (entries.length > 0) {
      unit.write('UPDATE log_head SET size = $1', [size]);
      unit.write(
        `INSERT INTO entries (index, event_id, subject, type, topic, partition, "offset")
         SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::text[], $5::text[], $6::int[], $7::bigint[])`,
        [
          entries.map(({ index }) => index),
          entries.map(({ eventId }) => eventId),
          entries.map(({ subject }) => subject),
          entries.map(({ type }) => type),
          entries.map(({ topic }) => topic),
          entries.map(({ partition }) => partition),
          entries.map(({ offset }) => String(offset)),
        ],
      );
    }
    unit.write(
      `INSERT INTO partitions AS known (topic, partition, first_offset, next_offset, entries, repeated, unreadable, gaps)
       SELECT *, next_offset - first_offset - entries - repeated - unreadable
       FROM unnest($1::text[], $2::int[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[], $7::bigint[])
         AS progress (topic, partition, first_offset, next_offset, entries, repeated, unreadable)
       ON CONFLICT (topic, partition) DO UPDATE SET next_offset = excluded.next_offset,
         entries = known.entries + excluded.entries, repeated = known.repeated + excluded.repeated,
         unreadable = known.unreadable + excluded.unreadable,
         gaps = known.gaps + (excluded.next_offset - known.next_offset)
           - (excluded.entries + excluded.repeated + excluded.unreadable)`,
      [
        progress.map(({ topic }) => topic),
        progress.map(({ partition }) => partition),
        progress.map(({ firstOffset }) => String(firstOffset)),
        progress.map(({ nextOffset }) => String(nextOffset)),
        progress.map((each) => each.entries),
        progress.map(({ repeated }) => repeated),
        progress.map((each) => each.unreadable),
      ],
    );
    if (unreadable.length === 0) return;
    unit.write(
      `INSERT INTO unreadable (topic, partition, "offset", why, sha256)
       SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[], $4::text[], $5::bytea[]) ON CONFLICT DO NOTHING`,
      [
        unreadable.map(({ topic }) => topic),
        unreadable.map(({ partition }) => partition),
        unreadable.map(({ offset }) => String(offset)),
        unreadable.map(({ why }) => why),
        unreadable.map(({ sha256 }) => sha256),
      ],
    );
  }

  /** @throws NoLongerLeading */
  async publish(query: Query, epoch: string, size: number, note: string): Promise<void> {
    const rows = await query(
      `WITH head AS (UPDATE log_head SET published = $2, note = $3 WHERE epoch = $1 AND published <= $2 RETURNING 1)
       INSERT INTO checkpoints (size, note) SELECT $2, $3 FROM head
       ON CONFLICT (size) DO UPDATE SET note = excluded.note RETURNING 1`,
      [epoch, size, note],
    );
    if (rows.length === 0) throw new NoLongerLeading('another process leads');
  }

  async partitions(query: Query): Promise<PartitionState[]> {
    return query(
      `SELECT topic, partition, first_offset AS "firstOffset", next_offset AS "nextOffset", entries::float8,
         repeated::float8, unreadable::float8, gaps::float8 FROM partitions ORDER BY topic, partition`,
    );
  }

  /** Entries from that index on, in their order. */
  async entriesFrom(query: Query, index: number, limit: number): Promise<Placed[]> {
    const rows = await query<Omit<Placed, 'offset'> & { offset: string }>(
      `SELECT index::float8, event_id AS "eventId", subject, type, topic, partition, "offset" FROM entries
       WHERE index >= $1 ORDER BY index LIMIT $2`,
      [index, limit],
    );
    return rows.map((row) => ({ ...row, offset: BigInt(row.offset) }));
  }

  /** Where what was said of a lead, or of a document, is in the log, below `published`. */
  async placesOf(
    query: Query,
    subject: string,
    { after, below, limit }: { after: number; below: number; limit: number },
  ): Promise<{ index: number; type: string }[]> {
    return query(
      `SELECT index::float8, type FROM entries WHERE subject = $1 AND index > $2 AND index < $3 ORDER BY index LIMIT $4`,
      [subject, after, below, limit],
    );
  }

  /** Where things of one kind that were said of it are, below `below`: at that index, or the latest of them, ascending. */
  async latestPlacesOf(
    query: Query,
    subject: string,
    { type, index, below, limit }: { type: string; index: number | undefined; below: number; limit: number },
  ): Promise<number[]> {
    const rows = await query<{ index: number }>(
      `SELECT index::float8 FROM entries WHERE subject = $1 AND type = $2 AND ($3::bigint IS NULL OR index = $3) AND index < $4
       ORDER BY index DESC LIMIT $5`,
      [subject, type, index ?? null, below, limit],
    );
    return rows.map((row) => row.index).reverse();
  }

  /** The place of one thing that was said of it: at that index, or the last one below; undefined when there is none. */
  async placeOf(
    query: Query,
    subject: string,
    { index, below }: { index: number | undefined; below: number },
  ): Promise<number | undefined> {
    const [row] = await query<{ index: number }>(
      `SELECT index::float8 FROM entries WHERE subject = $1 AND ($2::bigint IS NULL OR index = $2) AND index < $3
       ORDER BY index DESC LIMIT 1`,
      [subject, index ?? null, below],
    );
    return row?.index;
  }

  /** The checkpoint of that size as it was published; undefined when none was. */
  async checkpoint(query: Query, size: number): Promise<string | undefined> {
    const [row] = await query<{ note: string }>('SELECT note FROM checkpoints WHERE size = $1', [size]);
    return row?.note;
  }

  /**
   * Of checkpoints that are older than so long and come after that size, in their order: which are to spare, because another one follows
   * within the same minute, or hour, and no witness has signed them.
   * @returns also the last one that was looked at; undefined when there are no more
   */
  async spareCheckpoints(
    query: Query,
    { after, olderThanMs, oneA, limit }: { after: number; olderThanMs: number; oneA: 'minute' | 'hour'; limit: number },
  ): Promise<{ readonly spare: number[]; readonly looked: number; readonly last: number | undefined }> {
    const rows = await query<{ size: number; spare: boolean }>(
      `SELECT size::float8, date_trunc($3, lead(at) OVER (ORDER BY size)) = date_trunc($3, at)
         AND NOT EXISTS (SELECT FROM cosignatures c WHERE c.size = old.size) AS spare
       FROM (SELECT size, at FROM checkpoints WHERE size > $1 AND at < now() - make_interval(secs => $2 / 1000.0)
             ORDER BY size LIMIT $4) AS old ORDER BY size`,
      [after, olderThanMs, oneA, limit],
    );
    const spare = rows.filter((row) => row.spare).map(({ size }) => size);
    return { spare, looked: rows.length, last: rows.at(-1)?.size };
  }

  /** Once more not those that witnesses have signed: one may have come in meanwhile. */
  async forgetCheckpoints(query: Query, sizes: readonly number[]): Promise<void> {
    await query(
      `DELETE FROM checkpoints WHERE size = ANY($1::bigint[]) AND size < (SELECT published FROM log_head)
         AND NOT EXISTS (SELECT FROM cosignatures c WHERE c.size = checkpoints.size)`,
      [sizes],
    );
  }

  /** The latest checkpoint, and under it what witnesses have signed; undefined when there is none. */
  async cosignedHead(query: Query): Promise<string | undefined> {
    const [row] = await query<{ note: string }>(
      `SELECT note || coalesce((SELECT string_agg(line || E'\\n', '' ORDER BY key) FROM cosignatures c
         WHERE c.size = published), '') AS note FROM log_head WHERE note IS NOT NULL`,
    );
    return row?.note;
  }

  /** Keeps what witnesses have signed: of each the first line, so that it may be told again and again. */
  async cosign(query: Query, size: number, cosignatures: readonly Cosignature[]): Promise<void> {
    await query(
      `INSERT INTO cosignatures (size, key, line) SELECT $1, * FROM unnest($2::text[], $3::text[])
       ON CONFLICT DO NOTHING`,
      [size, cosignatures.map(({ key }) => key), cosignatures.map(({ line }) => line)],
    );
  }

  /** With what witnesses have signed. */
  async checkpoints(
    query: Query,
    { after, limit }: { after: number; limit: number },
  ): Promise<{ size: number; note: string }[]> {
    return query(
      `SELECT size::float8, note || coalesce((SELECT string_agg(line || E'\\n', '' ORDER BY key) FROM cosignatures c
         WHERE c.size = checkpoints.size), '') AS note
       FROM checkpoints WHERE size > $1 ORDER BY size LIMIT $2`,
      [after, limit],
    );
  }
}

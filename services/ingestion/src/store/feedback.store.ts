import { Injectable } from '@nestjs/common';
import { derivedId } from '@fairlead/events';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { FeedbackEntry, Told } from '../feedback/entry.js';

/** An entry that has no number yet. */
export interface NewEntry {
  readonly sourceId: string;
  readonly eventId: string;
  readonly leadId: string;
  readonly externalId: string | null;
  readonly type: string;
  /** When it happened, and when that was said; milliseconds since the epoch. */
  readonly at: number;
  readonly saidAt: number;
  readonly told: Told;
}

export interface StoredEntry {
  /** Among those of its source. */
  readonly position: string;
  readonly entry: FeedbackEntry;
}

interface Row {
  readonly position: string;
  readonly event_id: string;
  readonly source_id: string;
  readonly lead_id: string;
  readonly external_id: string | null;
  readonly type: string;
  readonly at: Date;
  readonly told: Told;
}

@Injectable()
export class FeedbackStore {
  /** Numbers them, for each source in their order. Whoever numbers entries of one of these sources meanwhile waits for the end. */
  async add({ query }: Pick<UnitOfWork, 'query'>, entries: readonly NewEntry[]): Promise<void> {
    if (entries.length === 0) return;
    const bySource = Map.groupBy(entries, ({ sourceId }) => sourceId);
    // In one order, so that two batches never wait for one another.
    const sources = [...bySource.keys()].sort((one, other) => (one < other ? -1 : 1));
    const heads = await query<{ source_id: string; last: string }>(
      `INSERT INTO feedback_heads AS head (source_id, last)
       SELECT source_id, more FROM unnest($1::text[], $2::bigint[]) WITH ORDINALITY AS said (source_id, more, place) ORDER BY place
       ON CONFLICT (source_id) DO UPDATE SET last = head.last + excluded.last RETURNING source_id, last`,
      [sources, sources.map((source) => bySource.get(source)?.length ?? 0)],
    );
    const numbered = heads.flatMap(({ source_id, last }) => {
      const own = bySource.get(source_id) ?? [];
      return own.map((entry, place) => ({ entry, position: Number(last) - own.length + place + 1 }));
    });
    await query(
      `INSERT INTO feedback (source_id, position, event_id, lead_id, external_id, type, at, said_at, told)
       SELECT source_id, position, event_id, lead_id, external_id, type, to_timestamp(at / 1000), to_timestamp(said_at / 1000), told
       FROM unnest($1::text[], $2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::float8[], $8::float8[], $9::jsonb[])
         AS said (source_id, position, event_id, lead_id, external_id, type, at, said_at, told)`,
      [
        numbered.map(({ entry }) => entry.sourceId),
        numbered.map(({ position }) => position),
        numbered.map(({ entry }) => entry.eventId),
        numbered.map(({ entry }) => entry.leadId),
        numbered.map(({ entry }) => entry.externalId),
        numbered.map(({ entry }) => entry.type),
        numbered.map(({ entry }) => entry.at),
        numbered.map(({ entry }) => entry.saidAt),
        numbered.map(({ entry }) => JSON.stringify(entry.told)),
      ],
    );
  }

  /** What was said of these leads before, and may not have been told yet. */
  async withhold(query: Query, leadIds: readonly string[]): Promise<void> {
    await query('DELETE FROM feedback WHERE lead_id = ANY($1::uuid[])', [leadIds]);
  }

  /** In the order in which they were said, from behind `after` on and no further than `through`. */
  async page(
    query: Query,
    sourceId: string,
    { after, through, limit }: { readonly after: string; readonly through?: string; readonly limit: number },
  ): Promise<StoredEntry[]> {
    const rows = await query<Row>(
      `SELECT source_id, position, event_id, lead_id, external_id, type, at, told FROM feedback
       WHERE source_id = $1 AND position > $2 AND position <= coalesce($3, 9223372036854775807) ORDER BY position LIMIT $4`,
      [sourceId, after, through ?? null, limit],
    );
    return rows.map((row) => ({ position: row.position, entry: toEntry(row) }));
  }

  /** @returns how many were dropped */
  async dropOld(query: Query, retentionMs: number, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM feedback WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM feedback WHERE said_at < now() - $2 * interval '1 ms' ORDER BY said_at LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [limit, retentionMs],
    );
    return rows.length;
  }
}

function toEntry({ event_id, source_id, lead_id, external_id, type, at, told }: Row): FeedbackEntry {
  return {
    id: derivedId(event_id, 'feedback', source_id),
    type,
    lead: lead_id,
    ...(external_id !== null && { externalId: external_id }),
    at: at.toISOString(),
    ...told,
  };
}

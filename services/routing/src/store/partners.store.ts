import { Injectable } from '@nestjs/common';
import { contentHash, MAX_PARTNERS, type PartnerDocument, rosterHash } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredPartner {
  readonly id: string;
  readonly hash: string;
  readonly document: PartnerDocument;
}

/** What became of a PUT. `version` and `rosterHash` are of the whole roster after it. */
export type PartnerChange =
  | { readonly outcome: 'unchanged' | 'too-many' }
  | { readonly outcome: 'created' | 'changed'; readonly version: number; readonly rosterHash: string };

/** What a partner was from one change on, until the next. */
export interface StoredChange {
  /** Of the roster, which this change made: as `roster.changed` names it. */
  readonly version: number;
  readonly hash: string;
  readonly document: PartnerDocument;
  readonly at: Date;
  readonly by: string;
}

@Injectable()
export class PartnersStore {
  async find(query: Query, id: string): Promise<StoredPartner | undefined> {
    const [row] = await query<StoredPartner>('SELECT id, hash, document FROM partners WHERE id = $1', [id]);
    return row;
  }

  async page(query: Query, { after, limit }: { after: string; limit: number }): Promise<StoredPartner[]> {
    return query('SELECT id, hash, document FROM partners WHERE id > $1 ORDER BY id LIMIT $2', [after, limit]);
  }

  async put(
    query: Query,
    id: string,
    document: PartnerDocument,
    { by, now }: { by: string; now: number },
  ): Promise<PartnerChange> {
    // Changes of the roster wait for one another here, so that each knows the whole roster after it.
    await query('SELECT one FROM rules FOR UPDATE');
    const before = await this.find(query, id);
    const hash = contentHash(document);
    if (before?.hash === hash) return { outcome: 'unchanged' };
    const others = await query<{ id: string; hash: string }>('SELECT id, hash FROM partners WHERE id <> $1', [id]);
    if (others.length >= MAX_PARTNERS) return { outcome: 'too-many' };

    const [rules] = await query<{ version: string }>(
      'UPDATE rules SET roster_version = roster_version + 1 RETURNING roster_version AS version',
    );
    const version = Number(rules?.version);
    await query(
      `INSERT INTO partners (id, hash, document, roster_version, changed_at, changed_by)
       VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6)
       ON CONFLICT (id) DO UPDATE SET hash = $2, document = $3, roster_version = $4,
         changed_at = to_timestamp($5 / 1000.0), changed_by = $6`,
      [id, hash, JSON.stringify(document), version, now, by],
    );
    const hashOfAll = rosterHash([...others.map((other) => [other.id, other.hash] as const), [id, hash]]);
    await query(
      `INSERT INTO partner_changes (partner, roster_version, hash, document, changed_at, changed_by, roster_hash)
       VALUES ($1, $4, $2, $3, to_timestamp($5 / 1000.0), $6, $7)`,
      [id, hash, JSON.stringify(document), version, now, by, hashOfAll],
    );
    return { outcome: before ? 'changed' : 'created', version, rosterHash: hashOfAll };
  }

  /** Newest first, of those below the version given. */
  async changes(
    query: Query,
    id: string,
    { below, limit }: { below: string | undefined; limit: number },
  ): Promise<StoredChange[]> {
    return query(
      `SELECT roster_version::float8 AS version, hash, document, changed_at AS at, changed_by AS by FROM partner_changes
       WHERE partner = $1 AND ($2::bigint IS NULL OR roster_version < $2) ORDER BY roster_version DESC LIMIT $3`,
      [id, below ?? null, limit],
    );
  }

  /**
   * A partner as it was on each of these rosters; undefined where it was not on it. A roster from before hashes were kept is
   * known by the time at which it decided.
   * @param at  milliseconds since the epoch
   */
  async asOf(
    query: Query,
    id: string,
    rosters: readonly { readonly hash: string; readonly at: number }[],
  ): Promise<(PartnerDocument | undefined)[]> {
    const rows = await query<{ document: PartnerDocument | null }>(
      `SELECT (
         SELECT document FROM partner_changes
         WHERE partner = $1 AND CASE WHEN roster.version IS NULL THEN changed_at <= to_timestamp(asked.at / 1000.0)
           ELSE roster_version <= roster.version END
         ORDER BY roster_version DESC LIMIT 1
       ) AS document
       FROM unnest($2::text[], $3::float8[]) WITH ORDINALITY AS asked (hash, at, place)
       LEFT JOIN LATERAL (SELECT max(roster_version) AS version FROM partner_changes WHERE roster_hash = asked.hash) AS roster
         ON true
       ORDER BY place`,
      [id, rosters.map(({ hash }) => hash), rosters.map(({ at }) => at)],
    );
    return rows.map(({ document }) => document ?? undefined);
  }

  async exists(query: Query, id: string): Promise<boolean> {
    return (await query('SELECT 1 FROM partners WHERE id = $1', [id])).length > 0;
  }
}

import { Injectable } from '@nestjs/common';
import type { Knowledge } from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { ContactKeys } from '../intake/contact-keys.js';
import type { NearKey } from '../intake/near-keys.js';

/** A lead as ingestion keeps it. */
export interface StoredLead {
  readonly id: string;
  /** Where it came from first. */
  readonly sourceId: string;
  /** What it is called there; null where it has no name, or none was kept. */
  readonly externalId: string | null;
  /** Milliseconds since the epoch. */
  readonly receivedAt: number;
  /** How often somebody sent it, or told what it did. */
  readonly touches: number;
  readonly hasEmail: boolean;
  /** Null where none was kept. */
  readonly known: KnownOfLead | null;
  /** By what it may be somebody else, where that is yet to be compared. */
  readonly near?: readonly NearKey[];
  /** The lead that it is one with, by somebody's decision. */
  readonly absorbedBy?: string | null;
  /** How often it was split from another; absent: never. Its touches began anew each time. */
  readonly splits?: number;
}

export interface KnownOfLead {
  /** Absent for a lead that came in before this was kept: what was said of it then, nobody here knows. */
  readonly knowledge?: Knowledge;
  readonly contact: ContactKeys;
}

/** A person decides on each of these: a lead that is one with another that is one with another, so often, is nobody's work. */
const MAX_DEPTH = 32;
const MAX_ABSORBED = 1_000;

// Up to where the person's data is erased: leads that are one are erased together, but were not always.
const ROOT = `WITH RECURSIVE root AS (
  SELECT id, absorbed_by, 1 AS depth FROM leads WHERE id = $1
  UNION ALL
  SELECT leads.id, leads.absorbed_by, depth + 1 FROM root JOIN leads ON leads.id = root.absorbed_by
  WHERE depth < ${MAX_DEPTH} AND NOT leads.erased
)`;

@Injectable()
export class LeadsStore {
  /**
   * Leads that are sent again, locked in the order of their ids, so that two batches with the same leads do not wait for one
   * another. Those that have been erased are missing.
   */
  async lock({ query }: Pick<UnitOfWork, 'query'>, ids: readonly string[]): Promise<Map<string, StoredLead>> {
    if (ids.length === 0) return new Map();
    const rows = await query<StoredLead>(
      `SELECT id, source_id AS "sourceId", external_id AS "externalId", round(extract(epoch FROM received_at) * 1000)::float8 AS "receivedAt", touches,
         has_email AS "hasEmail", known, absorbed_by AS "absorbedBy", splits
       FROM leads WHERE id = ANY($1::uuid[]) AND NOT erased ORDER BY id FOR UPDATE`,
      [ids],
    );
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** As `lock`, of one lead; of one that is one with another, that other: it is the person's, and is locked before those. */
  async lockOne(unit: Pick<UnitOfWork, 'query'>, id: string): Promise<StoredLead | undefined> {
    const [root] = await unit.query<{ id: string }>(`${ROOT} SELECT id FROM root ORDER BY depth DESC LIMIT 1`, [id]);
    return root && (await this.lock(unit, [root.id])).get(root.id);
  }

  /**
   * Leads that are one with these, which are locked: locked too, and in the order of their ids, each with the one that it is one
   * with in the end.
   */
  async lockAbsorbed(
    { query }: Pick<UnitOfWork, 'query'>,
    ids: readonly string[],
  ): Promise<(StoredLead & { readonly root: string })[]> {
    if (ids.length === 0) return [];
    return query<StoredLead & { root: string }>(
      `WITH RECURSIVE absorbed AS (
         SELECT id, absorbed_by AS root, 1 AS depth FROM leads WHERE absorbed_by = ANY($1::uuid[])
         UNION ALL
         SELECT leads.id, root, depth + 1 FROM absorbed JOIN leads ON leads.absorbed_by = absorbed.id WHERE depth < ${MAX_DEPTH}
       )
       SELECT leads.id, root, source_id AS "sourceId", round(extract(epoch FROM received_at) * 1000)::float8 AS "receivedAt",
         touches, has_email AS "hasEmail", known, absorbed_by AS "absorbedBy", splits
       FROM leads JOIN (SELECT id, root FROM absorbed LIMIT ${MAX_ABSORBED}) one_of_them USING (id)
       WHERE NOT erased ORDER BY leads.id FOR UPDATE OF leads`,
      [ids],
    );
  }

  /** At the end of the unit: leads that are new, and those that it has locked, as they are from now on. */
  put(unit: UnitOfWork, leads: readonly StoredLead[]): void {
    if (leads.length === 0) return;
    unit.write(
      `INSERT INTO leads (id, source_id, external_id, received_at, touches, has_email, known, near)
       SELECT id, source_id, external_id, to_timestamp(received_at / 1000), touches, has_email, known, near
       FROM unnest($1::uuid[], $2::text[], $3::text[], $4::float8[], $5::int[], $6::boolean[], $7::jsonb[], $8::jsonb[])
         AS put (id, source_id, external_id, received_at, touches, has_email, known, near)
       ON CONFLICT (id) DO UPDATE SET touches = excluded.touches, has_email = excluded.has_email, known = excluded.known,
         near = coalesce(excluded.near, leads.near)`,
      [
        leads.map(({ id }) => id),
        leads.map(({ sourceId }) => sourceId),
        leads.map(({ externalId }) => externalId),
        leads.map(({ receivedAt }) => receivedAt),
        leads.map(({ touches }) => touches),
        leads.map(({ hasEmail }) => hasEmail),
        leads.map(({ known }) => (known ? JSON.stringify(known) : null)),
        leads.map(({ near = [] }) => (near.length > 0 ? JSON.stringify(near) : null)),
      ],
    );
  }

  /** Those of them who said last that they do not agree. */
  async unwilling(query: Query, ids: readonly string[]): Promise<ReadonlySet<string>> {
    const rows = await query<{ id: string }>(
      `SELECT id FROM leads WHERE id = ANY($1::uuid[]) AND known #>> '{knowledge,consent,given}' = 'false'`,
      [ids],
    );
    return new Set(rows.map(({ id }) => id));
  }

  /** Whether it is one with another lead. */
  async isAbsorbed({ query }: Pick<UnitOfWork, 'query'>, id: string): Promise<boolean> {
    const rows = await query('SELECT 1 FROM leads WHERE id = $1 AND absorbed_by IS NOT NULL', [id]);
    return rows.length > 0;
  }

  async find(
    { query }: Pick<UnitOfWork, 'query'>,
    id: string,
  ): Promise<{ readonly sourceId: string; readonly erased: boolean } | undefined> {
    const [row] = await query<{ sourceId: string; erased: boolean }>(
      'SELECT source_id AS "sourceId", erased FROM leads WHERE id = $1',
      [id],
    );
    return row;
  }
}

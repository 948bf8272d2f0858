import { Injectable } from '@nestjs/common';
import { contentHash, type PolicyDocument } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredPolicy {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: PolicyDocument;
  readonly active: boolean;
}

const WITH_RULES = 'policies LEFT JOIN rules ON rules.policy = name AND rules.policy_version = version';

@Injectable()
export class PoliciesStore {
  /** @param version  the newest unless given */
  async find(query: Query, name: string, version?: number): Promise<StoredPolicy | undefined> {
    const [row] = await query<StoredPolicy>(
      `SELECT name, version, hash, document, rules.policy IS NOT NULL AS active FROM ${WITH_RULES}
       WHERE name = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1`,
      [name, version ?? null],
    );
    return row;
  }

  /** The newest version of every policy, and the one in force where that is another. */
  async list(query: Query): Promise<Omit<StoredPolicy, 'document'>[]> {
    return query(
      `SELECT name, version, hash, active FROM (
         SELECT name, version, hash, rules.policy IS NOT NULL AS active, max(version) OVER (PARTITION BY name) AS newest
         FROM ${WITH_RULES}) AS each
       WHERE active OR version = newest ORDER BY name, version`,
    );
  }

  /** Adds a version, unless the newest one says the same. Two writers of one name wait for one another. */
  async add(
    query: Query,
    document: PolicyDocument,
    { by, now }: { by: string; now: number },
  ): Promise<{ stored: StoredPolicy; created: boolean }> {
    await query(`SELECT pg_advisory_xact_lock(hashtextextended('routing.policies/' || $1, 0))`, [document.name]);
    const before = await this.find(query, document.name);
    const hash = contentHash(document);
    if (before?.hash === hash) return { stored: before, created: false };
    const version = (before?.version ?? 0) + 1;
    await query(
      `INSERT INTO policies (name, version, hash, document, created_at, created_by)
       VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6)`,
      [document.name, version, hash, JSON.stringify(document), now, by],
    );
    return { stored: { name: document.name, version, hash, document, active: false }, created: true };
  }

  /** @returns false when it is in force already */
  async activate(query: Query, { name, version, document }: StoredPolicy): Promise<boolean> {
    const changed = await query(
      `UPDATE rules SET policy = $1, policy_version = $2
       WHERE policy IS DISTINCT FROM $1 OR policy_version IS DISTINCT FROM $2 RETURNING one`,
      [name, version],
    );
    // A pool that was there before keeps its state: credits survive a new version of the policy.
    await query('INSERT INTO pools (id) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING', [
      document.pools.map(({ id }) => id),
    ]);
    return changed.length > 0;
  }

  async hasActive(query: Query): Promise<boolean> {
    return (await query('SELECT 1 FROM rules WHERE policy IS NOT NULL')).length > 0;
  }
}

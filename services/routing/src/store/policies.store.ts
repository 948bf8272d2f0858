import { Injectable } from '@nestjs/common';
import { contentHash, type PolicyDocument } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredPolicy {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: PolicyDocument;
  readonly active: boolean;
  readonly createdAt: Date;
  readonly createdBy: string;
}

export type PolicyVersion = Omit<StoredPolicy, 'document'>;

/** Which versions are meant: all, or those that leads were ever distributed under, which is what is published. */
export type Scope = 'all' | 'published';

/** A time in which a version was in force. */
export interface Span {
  readonly version: number;
  /** Null: since before this was kept. */
  readonly from: Date | null;
  /** Null: it still is. */
  readonly until: Date | null;
  readonly by: string | null;
  /** The second person, where it took two. */
  readonly approvedBy: string | null;
}

/** More times than these in which one version was in force are told by the list of activations. */
const SHOWN_SPANS = 20;

const WITH_RULES = 'policies LEFT JOIN rules ON rules.policy = name AND rules.policy_version = version';
const SUMMARY = `name, policies.version, hash, rules.policy IS NOT NULL AS active, created_at AS "createdAt",
  created_by AS "createdBy"`;

@Injectable()
export class PoliciesStore {
  /**
   * @param version  the newest unless given
   * @param scope  of what is published, the newest is what was in force last, which is the one in force where one is
   */
  async find(query: Query, name: string, version?: number, scope: Scope = 'all'): Promise<StoredPolicy | undefined> {
    const [row] = await query<StoredPolicy>(
      `SELECT ${SUMMARY}, document FROM ${WITH_RULES}
         LEFT JOIN LATERAL (SELECT max(seq) AS seq FROM policy_activations
           WHERE policy = name AND policy_activations.version = policies.version) AS last ON true
       WHERE name = $1 AND ($2::int IS NULL OR policies.version = $2) AND ($3 = 'all' OR last.seq IS NOT NULL)
       ORDER BY CASE WHEN $3 = 'published' THEN last.seq END DESC, policies.version DESC LIMIT 1`,
      [name, version ?? null, scope],
    );
    return row;
  }

  /** The newest version of every policy, and the one in force where that is another; or the one in force alone. */
  async list(query: Query, scope: Scope): Promise<PolicyVersion[]> {
    return query(
      `SELECT name, version, hash, active, "createdAt", "createdBy" FROM (
         SELECT ${SUMMARY}, max(policies.version) OVER (PARTITION BY name) AS newest FROM ${WITH_RULES}) AS each
       WHERE active OR ($1 = 'all' AND version = newest) ORDER BY name, version`,
      [scope],
    );
  }

  /** Newest first, of those below the version given. */
  async versions(
    query: Query,
    name: string,
    { below, limit, scope }: { below: number; limit: number; scope: Scope },
  ): Promise<PolicyVersion[]> {
    return query(
      `SELECT ${SUMMARY} FROM ${WITH_RULES}
       WHERE name = $1 AND policies.version < $2 AND ($4 = 'all' OR EXISTS (
         SELECT 1 FROM policy_activations WHERE policy = name AND policy_activations.version = policies.version))
       ORDER BY policies.version DESC LIMIT $3`,
      [name, below, limit, scope],
    );
  }

  /** When these versions were in force: the latest times of each, newest first. */
  async spans(query: Query, name: string, versions: readonly number[]): Promise<Map<number, Span[]>> {
    const rows = await query<Span>(
      `SELECT version, activated_at AS "from", ended_at AS until, activated_by AS by, approved_by AS "approvedBy" FROM (
         SELECT version, seq, activated_at, activated_by, approved_by,
           (SELECT activated_at FROM policy_activations AS next WHERE next.seq > own.seq ORDER BY seq LIMIT 1) AS ended_at,
           row_number() OVER (PARTITION BY version ORDER BY seq DESC) AS recency
         FROM policy_activations AS own WHERE policy = $1 AND version = ANY($2::int[])) AS each
       WHERE recency <= $3 ORDER BY seq DESC`,
      [name, versions, SHOWN_SPANS],
    );
    return Map.groupBy(rows, ({ version }) => version);
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
    const written = { createdAt: new Date(now), createdBy: by };
    return { stored: { name: document.name, version, hash, document, active: false, ...written }, created: true };
  }

  /**
   * @param by  who asked for it, and `approvedBy` the second person, where it takes two
   * @param plan  the planned activation that is carried out
   * @returns false when it is in force already
   */
  async activate(
    query: Query,
    { name, version, document }: StoredPolicy,
    { by, approvedBy, now, plan }: { by: string; approvedBy?: string | undefined; now: number; plan?: string },
  ): Promise<boolean> {
    const changed = await query(
      `UPDATE rules SET policy = $1, policy_version = $2
       WHERE policy IS DISTINCT FROM $1 OR policy_version IS DISTINCT FROM $2 RETURNING one`,
      [name, version],
    );
    if (changed.length === 0) return false;
    // A pool that was there before keeps its state: credits survive a new version of the policy.
    await query('INSERT INTO pools (id) SELECT * FROM unnest($1::text[]) ON CONFLICT DO NOTHING', [
      document.pools.map(({ id }) => id),
    ]);
    await query(
      `INSERT INTO policy_activations (policy, version, activated_at, activated_by, plan, approved_by)
       VALUES ($1, $2, to_timestamp($3 / 1000.0), $4, $5, $6)`,
      [name, version, now, by, plan ?? null, approvedBy ?? null],
    );
    return true;
  }

  async inForce(query: Query): Promise<Pick<StoredPolicy, 'version' | 'document'> | undefined> {
    const [row] = await query<StoredPolicy>(
      `SELECT policies.version, document FROM rules
         JOIN policies ON policies.name = rules.policy AND policies.version = rules.policy_version`,
    );
    return row;
  }

  async hasActive(query: Query): Promise<boolean> {
    return (await query('SELECT 1 FROM rules WHERE policy IS NOT NULL')).length > 0;
  }
}

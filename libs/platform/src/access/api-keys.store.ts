import type { Query } from '@fairlead/persistence';
import { hashOf, idOf, kindOf, newKey, sameHash } from './api-key.js';
import type { Caller, Role } from './decorators.js';

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly role: Role;
  readonly partner: string | null;
  readonly source: string | null;
  readonly madeBy: string | null;
  readonly createdAt: Date;
  readonly lastUsed: Date | null;
  readonly revokedAt: Date | null;
}

interface NewApiKey {
  readonly name: string;
  readonly role: Role;
  readonly partner?: string | undefined;
  readonly source?: string | undefined;
}

interface KeyRow {
  readonly id: string;
  readonly role: Role;
  readonly partner_id: string | null;
  readonly source_id: string | null;
  readonly hash: Buffer;
  /** Null: no session, or one that was opened with the key itself. */
  readonly opened_by: string | null;
}

/** Whether two callers may be one person; and which of all their keys are not valid any more. */
export interface Hands {
  readonly isOneHand: boolean;
  readonly revoked: readonly string[];
}

const COLUMNS = `id, name, role, partner_id AS partner, source_id AS source, made_by AS "madeBy",
  created_at AS "createdAt", last_used AS "lastUsed", revoked_at AS "revokedAt"`;

/** Some megabyte of hashes. Where there are more keys, those that are new, or were in use last. */
const MAX_HASHES = 10_000;

/**
 * One for each of a partner's systems, and room to replace every one. Those that it revoked within the last day are counted too, so that
 * nobody fills the table by making and revoking in turns. Of what an administrator makes none is counted: whatever somebody does with a
 * partner's key that has got about, the vendor can give that partner another.
 */
export const MOST_OF_A_PARTNER = 50;

/** A key, which is shown once and cannot be found out again. */
interface Made {
  readonly id: string;
  readonly key: string;
}

/**
 * Keys are made beside one another, and none while one is revoked: else what was just being made with it, in a process that did not know of
 * the revocation yet, would outlive it.
 */
const WHILE_MAKING = `SELECT pg_advisory_xact_lock_shared(hashtextextended('keys', 0))`;
const WHILE_REVOKING = `SELECT pg_advisory_xact_lock(hashtextextended('keys', 0))`;

/** Runs statements of which the later ones see what others committed before the earlier ones let them go on. */
export type Transaction = <T>(work: (query: Query) => Promise<T>) => Promise<T>;

export class ApiKeysStore {
  constructor(
    private readonly query: Query,
    private readonly transaction: Transaction,
  ) {}

  /**
   * The caller that this key stands for, or undefined for a key that is unknown, wrong or revoked. A session stands for the caller whose
   * key it is in the name of, as long as that key and the one that opened it are valid.
   */
  async identify(key: string): Promise<Caller | undefined> {
    const [row] = await this.query<KeyRow>(
      kindOf(key) === 'session'
        ? `SELECT key.id, key.role, key.partner_id, key.source_id, session.hash, nullif(session.opened_by, key.id) AS opened_by
           FROM sessions AS session
           JOIN api_keys AS key ON key.id = session.key_id AND key.hash = session.key_hash
           JOIN api_keys AS opener ON opener.id = session.opened_by AND opener.hash = session.opener_hash
           WHERE session.id = $1 AND session.ends_at > now() AND key.revoked_at IS NULL AND opener.revoked_at IS NULL`
        : `SELECT id, role, partner_id, source_id, hash, NULL AS opened_by FROM api_keys
           WHERE id = $1 AND revoked_at IS NULL`,
      [idOf(key)],
    );
    if (!row || !sameHash(row.hash, hashOf(key))) return undefined;
    return {
      role: row.role,
      keyId: row.id,
      ...(row.partner_id !== null && { partnerId: row.partner_id }),
      ...(row.source_id !== null && { sourceId: row.source_id }),
      ...(row.opened_by !== null && { openedBy: row.opened_by }),
    };
  }

  /** The hashes of valid keys and sessions, by their ids. */
  async hashes(): Promise<Map<string, Buffer>> {
    const rows = await this.query<{ id: string; hash: Buffer }>(
      `(SELECT id, hash FROM api_keys WHERE revoked_at IS NULL ORDER BY last_used DESC NULLS FIRST, id LIMIT $1)
       UNION ALL (SELECT id, hash FROM sessions WHERE ends_at > now() ORDER BY created_at DESC, id LIMIT $1)`,
      [MAX_HASHES],
    );
    return new Map(rows.map(({ id, hash }) => [id, hash]));
  }

  /** @param by  id of the key that it is made with, or that the session stands for in which it is */
  create(wanted: NewApiKey, by: string): Promise<Made | 'maker-revoked'> {
    return this.transaction(async (query) => {
      await query(WHILE_MAKING);
      return insert(query, wanted, by);
    });
  }

  /** A key that a partner makes for itself, with this one of its own. */
  createByPartner(partner: string, name: string, by: string): Promise<Made | 'maker-revoked' | 'too-many'> {
    return this.transaction(async (query) => {
      await query(WHILE_MAKING);
      // Of a hundred who ask at once for the last one, one gets it: what is counted next, nobody else adds to meanwhile.
      await query(`SELECT pg_advisory_xact_lock(hashtextextended('keys of ' || $1, 0))`, [partner]);
      const [counted] = await query<{ own: number }>(
        `SELECT count(*)::int AS own FROM api_keys AS key JOIN api_keys AS maker ON maker.id = key.made_by
         WHERE key.partner_id = $1 AND maker.partner_id = $1
           AND (key.revoked_at IS NULL OR key.revoked_at > now() - interval '1 day')`,
        [partner],
      );
      if ((counted?.own ?? 0) >= MOST_OF_A_PARTNER) return 'too-many';
      return insert(query, { name, role: 'partner', partner }, by);
    });
  }

  /**
   * Makes the operator's key valid, and no earlier one: changing FAIRLEAD_ADMIN_KEY withdraws the key it replaces. One that has the same id, as
   * all have that are not of our making, takes its row; what was begun in the old one's name would then speak for the new one, and ends.
   */
  async establishOperatorKey(key: string): Promise<void> {
    const id = idOf(key);
    await this.query(
      `WITH replaced AS (
         UPDATE api_keys SET revoked_at = now() WHERE from_environment AND id <> $1 AND revoked_at IS NULL
       ), overwritten AS (SELECT id FROM api_keys WHERE id = $1 AND hash <> $2),
       ended AS (DELETE FROM sessions USING overwritten WHERE overwritten.id IN (key_id, opened_by)),
       closed AS (DELETE FROM entry_links USING overwritten WHERE overwritten.id IN (key_id, opened_by))
       INSERT INTO api_keys (id, name, role, hash, from_environment) VALUES ($1, 'FAIRLEAD_ADMIN_KEY', 'admin', $2, true)
       ON CONFLICT (id) DO UPDATE SET hash = $2, role = 'admin', partner_id = NULL, source_id = NULL, made_by = NULL,
         name = 'FAIRLEAD_ADMIN_KEY', from_environment = true, revoked_at = NULL`,
      [id, hashOf(key)],
    );
  }

  /** @param partner  whose keys alone; every key without it */
  async list(after: string, limit: number, partner: string | null = null): Promise<ApiKey[]> {
    return this.query<ApiKey>(
      `SELECT ${COLUMNS} FROM api_keys WHERE id > $1 AND ($3::text IS NULL OR partner_id = $3) ORDER BY id LIMIT $2`,
      [after, limit, partner],
    );
  }

  /**
   * @param partner  whose key alone: another's is unknown; any key without it
   * @param withMade  also what was made with it, directly or through others, whether those are valid still or were revoked before
   * @returns the ids of those that were valid until now
   */
  revoke(
    id: string,
    { partner = null, withMade = false }: { readonly partner?: string | null; readonly withMade?: boolean } = {},
  ): Promise<readonly string[] | 'unknown' | 'set-by-environment'> {
    return this.transaction(async (query) => {
      await query(WHILE_REVOKING);
      const [row] = await query<{ set_by_environment: boolean; revoked: string[] }>(
        `WITH RECURSIVE asked AS (
           SELECT id, from_environment AND (revoked_at IS NULL OR NOT $3) AS set_by_environment FROM api_keys
           WHERE id = $1 AND ($2::text IS NULL OR partner_id = $2)
         ), concerned AS (
           SELECT id FROM asked WHERE NOT set_by_environment
           UNION
           SELECT made.id FROM api_keys AS made JOIN concerned ON made.made_by = concerned.id
           WHERE $3 AND ($2::text IS NULL OR made.partner_id = $2)
         ), revoked AS (
           UPDATE api_keys AS key SET revoked_at = now() FROM concerned
           WHERE key.id = concerned.id AND key.revoked_at IS NULL RETURNING key.id
         )
         SELECT set_by_environment, ARRAY(SELECT id FROM revoked) AS revoked FROM asked`,
        [id, partner, withMade],
      );
      if (!row) return 'unknown';
      return row.set_by_environment ? 'set-by-environment' : row.revoked;
    });
  }

  /**
   * Whether two callers may be one person, each by the keys that are in it (`handsOf`): any of the one is any of the other, or one was made with the
   * other, by itself or through others.
   */
  async handOf(one: readonly string[], other: readonly string[]): Promise<Hands> {
    const [row] = await this.query<Hands>(
      `WITH RECURSIVE makers AS (
         SELECT id = ANY($1::text[]) AS ones, id = ANY($2::text[]) AS others, id, made_by FROM api_keys
         WHERE id = ANY($1) OR id = ANY($2)
         UNION
         SELECT makers.ones, makers.others, key.id, key.made_by FROM makers JOIN api_keys AS key ON key.id = makers.made_by
       )
       SELECT $1 && $2 OR EXISTS (SELECT FROM makers WHERE (ones AND id = ANY($2)) OR (others AND id = ANY($1))) AS "isOneHand",
         ARRAY(SELECT key FROM unnest($1 || $2) AS asked (key)
           WHERE NOT EXISTS (SELECT FROM api_keys WHERE id = key AND revoked_at IS NULL)) AS revoked`,
      [one, other],
    );
    return row ?? { isOneHand: true, revoked: [...one, ...other] };
  }

  /** Which of these keys are not valid any more. */
  async revokedAmong(ids: readonly string[]): Promise<readonly string[]> {
    return (await this.handOf(ids, [])).revoked;
  }

  async noteUse(id: string): Promise<void> {
    await this.query(
      `UPDATE api_keys SET last_used = now() WHERE id = $1 AND (last_used IS NULL OR last_used < now() - interval '1 minute')`,
      [id],
    );
  }
}

/** A guard may remember for seconds a key that is not valid any more: with such a one, none is made. */
async function insert(query: Query, wanted: NewApiKey, by: string): Promise<Made | 'maker-revoked'> {
  const { name, role, partner, source } = wanted;
  const { id, key, hash } = newKey();
  const [made] = await query(
    `INSERT INTO api_keys (id, name, role, partner_id, source_id, hash, made_by)
     SELECT $1, $2, $3, $4, $5, $6, id FROM api_keys WHERE id = $7 AND revoked_at IS NULL RETURNING id`,
    [id, name, role, partner ?? null, source ?? null, hash, by],
  );
  return made ? { id, key } : 'maker-revoked';
}

import type { Query } from '@fairlead/persistence';
import { hashOf, idOf, kindOf, newKey, sameHash } from './api-key.js';

/** A working day: whoever goes home finds the console closed the next morning, whatever the browser kept. */
const SESSION_LASTS = '12 hours';
/** Printed when the product starts, or sent to a colleague: time enough to get round to it, and no more. */
const LINK_LASTS = '24 hours';
/** Of one key at a time; the oldest ends when one more is begun. Nobody has more browsers, and none can fill the table. */
const MOST_OF_A_KEY = 50;

/** Sessions that go on: neither the key that each speaks for nor that of whoever opened it was revoked, or is another under the same id. */
const SESSIONS = `sessions AS session
  JOIN api_keys AS key ON key.id = session.key_id AND key.hash = session.key_hash AND key.revoked_at IS NULL
  JOIN api_keys AS opener ON opener.id = session.opened_by AND opener.hash = session.opener_hash AND opener.revoked_at IS NULL
    AND session.ends_at > now()`;

/** A secret that is told once, and until when it is good for anything. */
export interface Issued {
  readonly secret: string;
  readonly endsAt: Date;
}

/** A key's id, and the hash of the secret that it had. */
type Secret = readonly [id: string, hash: Buffer];

interface UsedLink {
  readonly key_id: string;
  readonly key_hash: Buffer;
  readonly session_ends_by: Date | null;
  readonly opened_by: string;
  readonly opener_hash: Buffer;
}

/**
 * Sessions of browsers, each in the name of a key, and links that open one. What is over is removed as new ones are begun. Each keeps whose hand
 * opened it: the key that asked for the link, or that opened the session which asked for it.
 */
export class SessionsStore {
  constructor(private readonly query: Query) {}

  /**
   * Good for as long as this very key is valid: one that takes its place under its id is another.
   * @returns undefined when it is not valid any more
   */
  begin(key: string): Promise<Issued | undefined> {
    const own: Secret = [idOf(key), hashOf(key)];
    return this.beginAs(own, own, null);
  }

  /**
   * In the name of the key that asks, or of one that was made with it, by itself or through others. A link that a session asks for, and the session that
   * it opens, end with that one by the latest.
   * @param asking  the key or session that asks; looked up anew, since a guard may remember one for seconds that is not valid any more
   * @returns `unknown` when either key is, or is not valid
   */
  async link(keyId: string, asking: string): Promise<Issued | 'unknown' | 'not-its-maker'> {
    const { id, key: secret, hash } = newKey('link');
    const [known] = await this.query<{ ends_at: Date | null }>(LINK, [
      ...[id, keyId, hash, LINK_LASTS, MOST_OF_A_KEY - 1, idOf(asking), hashOf(asking)],
    ]);
    if (!known) return 'unknown';
    return known.ends_at === null ? 'not-its-maker' : { secret, endsAt: known.ends_at };
  }

  /** Uses a link up: of two who try at once, one gets in. */
  async redeem(link: string): Promise<Issued | undefined> {
    if (kindOf(link) !== 'link') return undefined;
    const [used] = await this.query<UsedLink>(
      `DELETE FROM entry_links AS link USING api_keys AS key, api_keys AS opener
       WHERE link.id = $1 AND link.hash = $2 AND link.ends_at > now() AND key.id = link.key_id AND key.hash = link.key_hash
         AND key.revoked_at IS NULL AND opener.id = link.opened_by AND opener.hash = link.opener_hash AND opener.revoked_at IS NULL
       RETURNING link.key_id, link.key_hash, link.session_ends_by, link.opened_by, link.opener_hash`,
      [idOf(link), hashOf(link)],
    );
    return used && this.beginAs([used.key_id, used.key_hash], [used.opened_by, used.opener_hash], used.session_ends_by);
  }

  /** When this session ends by itself; undefined when it has, or its key is not valid any more. */
  async endOf(session: string): Promise<Date | undefined> {
    const [row] = await this.query<{ ends_at: Date; hash: Buffer }>(
      `SELECT session.ends_at, session.hash FROM ${SESSIONS} WHERE session.id = $1`,
      [idOf(session)],
    );
    return row && sameHash(row.hash, hashOf(session)) ? row.ends_at : undefined;
  }

  async end(session: string): Promise<void> {
    await this.query('DELETE FROM sessions WHERE id = $1 AND hash = $2', [idOf(session), hashOf(session)]);
  }

  /** In the name of a key with this hash, opened by one with that. */
  private async beginAs(
    [keyId, keyHash]: Secret,
    [openerId, openerHash]: Secret,
    endsBy: Date | null,
  ): Promise<Issued | undefined> {
    const { id, key: secret, hash } = newKey('session');
    const [row] = await this.query<{ ends_at: Date }>(BEGIN, [
      ...[id, keyId, hash, SESSION_LASTS, MOST_OF_A_KEY - 1, keyHash, endsBy, openerId, openerHash],
    ]);
    return row && { secret, endsAt: row.ends_at };
  }
}

const BEGIN = `
  WITH over AS (
    DELETE FROM sessions WHERE ends_at <= now() OR id IN (
      SELECT id FROM sessions WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  )
  INSERT INTO sessions (id, key_id, hash, ends_at, key_hash, opened_by, opener_hash)
  SELECT $1, key.id, $3, least(now() + $4::interval, $7::timestamptz), key.hash, opener.id, opener.hash
  FROM api_keys AS key, api_keys AS opener
  WHERE key.id = $2 AND key.hash = $6 AND key.revoked_at IS NULL
    AND opener.id = $8 AND opener.hash = $9 AND opener.revoked_at IS NULL RETURNING ends_at`;

/** No row where either key is unknown or not valid, and no time where the one was not made with the other. */
const LINK = `
  WITH RECURSIVE asking AS (
    SELECT NULL::timestamptz AS ends_at, id AS key_id, id AS opened_by, hash AS opener_hash FROM api_keys
    WHERE id = $6 AND hash = $7 AND revoked_at IS NULL
    UNION ALL
    SELECT session.ends_at, session.key_id, session.opened_by, session.opener_hash FROM ${SESSIONS}
    WHERE session.id = $6 AND session.hash = $7
  ), named AS (SELECT id, hash FROM api_keys WHERE id = $2 AND revoked_at IS NULL),
  makers AS (
    SELECT id, made_by FROM api_keys WHERE id = $2
    UNION
    SELECT key.id, key.made_by FROM makers JOIN api_keys AS key ON key.id = makers.made_by
  ), over AS (
    DELETE FROM entry_links WHERE ends_at <= now() OR id IN (
      SELECT id FROM entry_links WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  ), made AS (
    INSERT INTO entry_links (id, key_id, hash, ends_at, session_ends_by, key_hash, opened_by, opener_hash)
    SELECT $1, named.id, $3, least(now() + $4::interval, asking.ends_at), asking.ends_at, named.hash, asking.opened_by, asking.opener_hash
    FROM named, asking JOIN makers ON makers.id = asking.key_id RETURNING ends_at
  )
  SELECT made.ends_at FROM asking CROSS JOIN named LEFT JOIN made ON true`;

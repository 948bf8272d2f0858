import type { Query } from '@fairlead/persistence';
import { hashOf, idOf, kindOf, newKey, sameHash } from './api-key.js';

/** A working day: whoever goes home finds the console closed the next morning, whatever the browser kept. */
const SESSION_LASTS = '12 hours';
/** Printed when the product starts, or sent to a colleague: time enough to get round to it, and no more. */
const LINK_LASTS = '24 hours';
/** Of one key at a time; the oldest ends when one more is begun. Nobody has more browsers, and none can fill the table. */
const MOST_OF_A_KEY = 50;

/** A secret that is told once, and until when it is good for anything. */
export interface Issued {
  readonly secret: string;
  readonly endsAt: Date;
}

/** Sessions of browsers, each in the name of a key, and links that open one. What is over is removed as new ones are begun. */
export class SessionsStore {
  constructor(private readonly query: Query) {}

  /**
   * Good for as long as this very key is valid: one that takes its place under its id is another.
   * @returns undefined when it is not valid any more
   */
  begin(key: string): Promise<Issued | undefined> {
    return this.issue('session', idOf(key), BEGIN, SESSION_LASTS, hashOf(key), null);
  }

  /**
   * A link that a session asks for, and the session that it opens, end with that one by the latest.
   * @param asking  the key or session that asks; looked up anew, since a guard may remember one for seconds that is not valid any more
   * @returns undefined when either key is unknown or not valid
   */
  link(keyId: string, asking: string): Promise<Issued | undefined> {
    return this.issue('link', keyId, LINK, LINK_LASTS, idOf(asking), hashOf(asking));
  }

  /** Uses a link up: of two who try at once, one gets in. */
  async redeem(link: string): Promise<Issued | undefined> {
    if (kindOf(link) !== 'link') return undefined;
    const [used] = await this.query<{ key_id: string; key_hash: Buffer; session_ends_by: Date | null }>(
      `DELETE FROM entry_links AS link USING api_keys AS key
       WHERE link.id = $1 AND link.hash = $2 AND link.ends_at > now() AND key.id = link.key_id AND key.hash = link.key_hash
         AND key.revoked_at IS NULL
       RETURNING link.key_id, link.key_hash, link.session_ends_by`,
      [idOf(link), hashOf(link)],
    );
    return used && this.issue('session', used.key_id, BEGIN, SESSION_LASTS, used.key_hash, used.session_ends_by);
  }

  /** When this session ends by itself; undefined when it has, or its key is not valid any more. */
  async endOf(session: string): Promise<Date | undefined> {
    const [row] = await this.query<{ ends_at: Date; hash: Buffer }>(
      `SELECT session.ends_at, session.hash FROM sessions AS session JOIN api_keys AS key ON key.id = session.key_id
         AND key.hash = session.key_hash
       WHERE session.id = $1 AND session.ends_at > now() AND key.revoked_at IS NULL`,
      [idOf(session)],
    );
    return row && sameHash(row.hash, hashOf(session)) ? row.ends_at : undefined;
  }

  async end(session: string): Promise<void> {
    await this.query('DELETE FROM sessions WHERE id = $1 AND hash = $2', [idOf(session), hashOf(session)]);
  }

  private async issue(
    kind: 'session' | 'link',
    keyId: string,
    statement: string,
    lasts: string,
    ...more: readonly unknown[]
  ): Promise<Issued | undefined> {
    const { id, key: secret, hash } = newKey(kind);
    const [row] = await this.query<{ ends_at: Date }>(statement, [id, keyId, hash, lasts, MOST_OF_A_KEY - 1, ...more]);
    return row && { secret, endsAt: row.ends_at };
  }
}

const BEGIN = `
  WITH over AS (
    DELETE FROM sessions WHERE ends_at <= now() OR id IN (
      SELECT id FROM sessions WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  )
  INSERT INTO sessions (id, key_id, hash, ends_at, key_hash)
  SELECT $1, id, $3, least(now() + $4::interval, $7::timestamptz), hash FROM api_keys
  WHERE id = $2 AND hash = $6 AND revoked_at IS NULL RETURNING ends_at`;

const LINK = `
  WITH asking AS (
    SELECT NULL::timestamptz AS ends_at FROM api_keys WHERE id = $6 AND hash = $7 AND revoked_at IS NULL
    UNION ALL
    SELECT session.ends_at FROM sessions AS session JOIN api_keys AS key ON key.id = session.key_id AND key.hash = session.key_hash
    WHERE session.id = $6 AND session.hash = $7 AND session.ends_at > now() AND key.revoked_at IS NULL
  ), over AS (
    DELETE FROM entry_links WHERE ends_at <= now() OR id IN (
      SELECT id FROM entry_links WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  )
  INSERT INTO entry_links (id, key_id, hash, ends_at, session_ends_by, key_hash)
  SELECT $1, key.id, $3, least(now() + $4::interval, asking.ends_at), asking.ends_at, key.hash FROM asking, api_keys AS key
  WHERE key.id = $2 AND key.revoked_at IS NULL RETURNING ends_at`;

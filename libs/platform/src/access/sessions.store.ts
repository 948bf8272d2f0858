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

  /** @param keyId  of a key that is valid */
  begin(keyId: string): Promise<Issued> {
    return this.issue('session', keyId, BEGIN, SESSION_LASTS);
  }

  /** @returns undefined when there is no such key, or none that is valid */
  async link(keyId: string): Promise<Issued | undefined> {
    const [known] = await this.query('SELECT FROM api_keys WHERE id = $1 AND revoked_at IS NULL', [keyId]);
    return known && this.issue('link', keyId, LINK, LINK_LASTS);
  }

  /** Uses a link up: of two who try at once, one gets in. */
  async redeem(link: string): Promise<Issued | undefined> {
    if (kindOf(link) !== 'link') return undefined;
    const [used] = await this.query<{ key_id: string }>(
      `DELETE FROM entry_links AS link USING api_keys AS key
       WHERE link.id = $1 AND link.hash = $2 AND link.ends_at > now() AND key.id = link.key_id AND key.revoked_at IS NULL
       RETURNING link.key_id`,
      [idOf(link), hashOf(link)],
    );
    return used && this.begin(used.key_id);
  }

  /** When this session ends by itself; undefined when it has, or its key is not valid any more. */
  async endOf(session: string): Promise<Date | undefined> {
    const [row] = await this.query<{ ends_at: Date; hash: Buffer }>(
      `SELECT session.ends_at, session.hash FROM sessions AS session JOIN api_keys AS key ON key.id = session.key_id
       WHERE session.id = $1 AND session.ends_at > now() AND key.revoked_at IS NULL`,
      [idOf(session)],
    );
    return row && sameHash(row.hash, hashOf(session)) ? row.ends_at : undefined;
  }

  async end(session: string): Promise<void> {
    await this.query('DELETE FROM sessions WHERE id = $1 AND hash = $2', [idOf(session), hashOf(session)]);
  }

  private async issue(kind: 'session' | 'link', keyId: string, statement: string, lasts: string): Promise<Issued> {
    const { id, key: secret, hash } = newKey(kind);
    const [row] = await this.query<{ ends_at: Date }>(statement, [id, keyId, hash, lasts, MOST_OF_A_KEY - 1]);
    return { secret, endsAt: (row as { ends_at: Date }).ends_at };
  }
}

const BEGIN = `
  WITH over AS (
    DELETE FROM sessions WHERE ends_at <= now() OR id IN (
      SELECT id FROM sessions WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  )
  INSERT INTO sessions (id, key_id, hash, ends_at) VALUES ($1, $2, $3, now() + $4::interval) RETURNING ends_at`;

const LINK = `
  WITH over AS (
    DELETE FROM entry_links WHERE ends_at <= now() OR id IN (
      SELECT id FROM entry_links WHERE key_id = $2 ORDER BY created_at DESC, id OFFSET $5)
  )
  INSERT INTO entry_links (id, key_id, hash, ends_at) VALUES ($1, $2, $3, now() + $4::interval) RETURNING ends_at`;

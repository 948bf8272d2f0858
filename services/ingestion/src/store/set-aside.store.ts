import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import { PersonalData, SecretBox } from '@fairlead/personal-data';
import type { Query } from '@fairlead/persistence';

/** A thousand of one source show what there is to be read; more would only be more personal data. */
export const MAX_SET_ASIDE = 1_000;
/** Long enough for somebody to come back from holidays and look. */
export const SET_ASIDE_DAYS = 30;
/** Of an event that nobody can read, 64 KiB say enough: what is larger is noted without its bytes. */
const MAX_BYTES = 65_536;
const MAX_TYPE = 100;

export interface SetAsidePosition {
  /** Since the epoch: of several that came within a millisecond each has its place. */
  readonly micros: string;
  readonly hash: Buffer;
}

export interface SetAsideItem {
  readonly position: SetAsidePosition;
  /** The tool's word for it. */
  readonly type: string;
  readonly receivedAt: Date;
  /** As it came; null where it cannot be shown. */
  readonly item: string | null;
  readonly missing?: 'too-large' | 'unreadable';
}

/** Deliveries of types that nobody here knows: sealed, since they may hold anything about anybody. */
@Injectable()
export class SetAsideStore {
  readonly #box: SecretBox;

  constructor(private readonly personalData: PersonalData) {
    this.#box = new SecretBox(personalData.deriveKey('set-aside'));
  }

  async add(
    { query }: UnitOfWork,
    { sourceId, type, item }: { readonly sourceId: string; readonly type: string; readonly item: string },
  ): Promise<void> {
    const hash = this.personalData.keyedHash('request', `set-aside/${sourceId}/${item}`);
    const bytes = Buffer.byteLength(item) <= MAX_BYTES ? this.#box.seal(placeOf(sourceId, hash), item) : null;
    // Counted only as far as the limit.
    await query(
      `INSERT INTO set_aside (source_id, hash, type, bytes)
       SELECT $1, $2, $3, $4
       WHERE (SELECT count(*) FROM (SELECT 1 FROM set_aside WHERE source_id = $1 LIMIT $5) AS kept) < $5
       ON CONFLICT DO NOTHING`,
      [sourceId, hash, type.slice(0, MAX_TYPE).toWellFormed().replaceAll('\0', ''), bytes, MAX_SET_ASIDE],
    );
  }

  /** The newest first, from behind `after` on. */
  async list(query: Query, sourceId: string, limit: number, after?: SetAsidePosition): Promise<SetAsideItem[]> {
    const rows = await query<{ hash: Buffer; type: string; receivedAt: Date; micros: string; bytes: Buffer | null }>(
      `SELECT hash, type, received_at AS "receivedAt", (extract(epoch FROM received_at) * 1000000)::bigint AS micros, bytes
       FROM set_aside WHERE source_id = $1
         AND ($3::bigint IS NULL OR ((extract(epoch FROM received_at) * 1000000)::bigint, hash) < ($3, $4::bytea))
       ORDER BY received_at DESC, hash DESC LIMIT $2`,
      [sourceId, limit, after?.micros ?? null, after?.hash ?? null],
    );
    return rows.map(({ hash, micros, type, receivedAt, bytes }) => ({
      ...{ position: { micros, hash }, type, receivedAt },
      ...(bytes ? this.#opened(placeOf(sourceId, hash), bytes) : { item: null, missing: 'too-large' as const }),
    }));
  }

  #opened(place: string, sealed: Buffer): Pick<SetAsideItem, 'item' | 'missing'> {
    try {
      return { item: this.#box.open(place, sealed) };
    } catch {
      // Sealed under another master key.
      return { item: null, missing: 'unreadable' };
    }
  }

  /** @returns how many were dropped */
  async dropOld(query: Query, limit: number): Promise<number> {
    const rows = await query(
      `DELETE FROM set_aside WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM set_aside WHERE received_at < now() - make_interval(days => $2) LIMIT $1 FOR UPDATE SKIP LOCKED
       )) RETURNING 1`,
      [limit, SET_ASIDE_DAYS],
    );
    return rows.length;
  }
}

function placeOf(sourceId: string, hash: Buffer): string {
  return `${sourceId}/${hash.toString('base64')}`;
}

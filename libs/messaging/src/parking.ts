import { Inject, Injectable } from '@nestjs/common';
import { decodeEvent, derivedId, encodeEvent, EventParked, EventRedriven, TYPE_HEADER } from '@fairlead/events';
import type { Query } from '@fairlead/persistence';
import { SERVICE, type MessagingService } from './connections.js';
import { eventsParked } from './metrics.js';
import { type OpenUnit, UnitsOfWork, type UnitOfWork } from './unit-of-work.js';

/** An event, or what should have been one, with the place it was read from. */
export interface Record {
  /** The event's id; for bytes that are no event, one derived from their address. */
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly address: { readonly topic: string; readonly partition: number; readonly offset: bigint };
  readonly bytes: Buffer;
}

export interface ParkedEvent {
  readonly id: string;
  readonly service: string;
  readonly eventId: string;
  readonly key: string;
  readonly type: string;
  readonly address: { readonly topic: string; readonly partition: number; readonly offset: string };
  readonly errorClass: string;
  /** The parked event that this one waits behind; null for a culprit. */
  readonly behind: string | null;
  readonly attempts: number;
  readonly parkedAt: string;
}

interface ParkedRow {
  readonly id: string;
  readonly event_id: string;
  readonly key: string;
  readonly type: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
  readonly event: Buffer;
  readonly error_class: string;
  readonly behind: string | null;
  readonly attempts: number;
  readonly parked_at: Date;
}

/** Who has something redriven, and why: in a person's words, without anybody's personal data. */
export interface RedrivenBy {
  readonly actor: string;
  readonly reason: string;
}

/** What a redrive came to. `remaining` wait on, behind the one that failed again. */
export interface Redriven {
  readonly redriven: number;
  readonly remaining: number;
  readonly errorClass?: string;
}

const FIRST_WAITING =
  'SELECT * FROM parked WHERE consumer = $1 AND key = $2 AND redriven_at IS NULL ORDER BY id LIMIT 1';

/** Set by the consumer, whose handlers a redriven event goes through. */
export type Redrive = (record: Record, unit: OpenUnit) => Promise<void>;

/** Puts aside what cannot be processed, so that everything else flows, and gives it to the handlers again on request. */
@Injectable()
export class Parking {
  #redrive: Redrive | undefined;

  constructor(
    @Inject(SERVICE) private readonly service: MessagingService,
    private readonly units: UnitsOfWork,
  ) {}

  redriveThrough(redrive: Redrive): void {
    this.#redrive = redrive;
  }

  /** Parks a culprit, in a unit of its own or of what else is decided with it. */
  async park(unit: UnitOfWork, record: Record, errorClass: string): Promise<void> {
    await lockKeys(unit.query, this.service.name, [record.key]);
    await this.#insert(unit, [record], errorClass);
  }

  /**
   * Parks events that come after a parked one of the same key. Returns those that need not wait after all, because a redrive
   * cleared the way in the meantime; the caller gives them another try.
   */
  async parkBehind(unit: UnitOfWork, records: readonly Record[]): Promise<readonly Record[]> {
    const keys = [...new Set(records.map(({ key }) => key))];
    await lockKeys(unit.query, this.service.name, keys);
    const rows = await unit.query<{ key: string; id: string }>(
      `SELECT DISTINCT ON (key) key, id FROM parked
       WHERE consumer = $1 AND key = ANY($2) AND redriven_at IS NULL ORDER BY key, id`,
      [this.service.name, keys],
    );
    const culprits = new Map(rows.map(({ key, id }) => [key, id]));
    const waiting = records.filter(({ key }) => culprits.has(key));
    if (waiting.length > 0) await this.#insert(unit, waiting, 'waits', culprits);
    return records.filter(({ key }) => !culprits.has(key));
  }

  /**
   * Empties what is parked of these leads and is no event of ours: what is in it nobody knows, and a person's data might be.
   * It could not be redriven anyhow. Events of ours stay: personal data in them is sealed with the lead's key.
   * @returns how many there were
   */
  async scrub(unit: UnitOfWork, keys: readonly string[]): Promise<number> {
    const rows = await unit.query<{ id: string; event: Buffer }>(
      'SELECT id, event FROM parked WHERE consumer = $1 AND key = ANY($2) AND octet_length(event) > 0',
      [this.service.name, keys],
    );
    const unknown = rows.filter(({ event }) => !isReadable(event)).map(({ id }) => id);
    if (unknown.length === 0) return 0;
    await unit.query(
      `WITH scrubbed AS (
         UPDATE parked SET event = '', error_class = 'erased', redriven_at = coalesce(redriven_at, now())
         WHERE id = ANY($1::bigint[]) RETURNING event_id
       ), unpublished AS (
         DELETE FROM outbox WHERE topic = 'parked' AND key = ANY($2)
       )
       UPDATE parked SET behind = NULL WHERE behind = ANY($1::bigint[])`,
      [unknown, keys],
    );
    return unknown.length;
  }

  async list(options: { readonly after?: string; readonly limit: number }): Promise<ParkedEvent[]> {
    const rows = await this.units.query<ParkedRow>(
      `SELECT id, event_id, key, type, topic, partition, "offset", error_class, behind, attempts, parked_at FROM parked
       WHERE consumer = $1 AND redriven_at IS NULL AND id > $2 ORDER BY id LIMIT $3`,
      [this.service.name, options.after ?? '0', options.limit],
    );
    return rows.map((row) => ({
      id: row.id,
      service: this.service.name,
      eventId: row.event_id,
      key: row.key,
      type: row.type,
      address: { topic: row.topic, partition: row.partition, offset: row.offset },
      errorClass: row.error_class,
      behind: row.behind,
      attempts: row.attempts,
      parkedAt: row.parked_at.toISOString(),
    }));
  }

  /**
   * Gives a parked event, and those that wait behind it, to the handlers again: in their order, each in a transaction of its
   * own, under the ids that they always had. Stops at the first that fails again.
   * @param by  who wants it and why; both are told in the log, in clear
   * @returns undefined when nothing is parked under this id
   */
  async redrive(id: string, by: RedrivenBy, errorClassOf: (error: unknown) => string): Promise<Redriven | undefined> {
    const [asked] = await this.units.query<{ key: string }>(
      'SELECT key FROM parked WHERE consumer = $1 AND id = $2 AND redriven_at IS NULL',
      [this.service.name, id],
    );
    if (!asked) return undefined;
    for (let redriven = 0; ; redriven += 1) {
      const [first] = await this.units.query<ParkedRow>(FIRST_WAITING, [this.service.name, asked.key]);
      if (!first) return { redriven, remaining: 0 };
      try {
        await this.units.run((unit) => this.#redriveFirst(unit, first, by));
      } catch (error) {
        const errorClass = errorClassOf(error);
        return { redriven, remaining: await this.#failedAgain(first, errorClass), errorClass };
      }
    }
  }

  async #redriveFirst(unit: OpenUnit, row: ParkedRow, { actor, reason }: RedrivenBy): Promise<void> {
    await lockKeys(unit.query, this.service.name, [row.key]);
    const [first] = await unit.query<ParkedRow>(FIRST_WAITING, [this.service.name, row.key]);
    // Somebody else is redriving the same lead and was faster.
    if (first?.id !== row.id) return;
    const address = { topic: row.topic, partition: row.partition, offset: BigInt(row.offset) };
    await this.#redrive?.({ id: row.event_id, key: row.key, type: row.type, address, bytes: row.event }, unit);
    await unit.query('UPDATE parked SET redriven_at = now() WHERE id = $1', [row.id]);
    unit.say([
      encodeEvent(EventRedriven, {
        id: derivedId(row.event_id, EventRedriven.type, `${this.service.name}/${row.attempts}`),
        source: `/${this.service.name}`,
        subject: row.key,
        time: unit.now,
        data: { consumer: this.service.name, eventId: row.event_id, actor, reason },
      }),
    ]);
  }

  async #failedAgain(row: ParkedRow, errorClass: string): Promise<number> {
    await this.units.query('UPDATE parked SET attempts = attempts + 1, error_class = $2, behind = NULL WHERE id = $1', [
      row.id,
      errorClass,
    ]);
    const [count] = await this.units.query<{ n: number }>(
      'SELECT count(*)::int AS n FROM parked WHERE consumer = $1 AND key = $2 AND redriven_at IS NULL',
      [this.service.name, row.key],
    );
    return count?.n ?? 0;
  }

  async #insert(
    unit: UnitOfWork,
    records: readonly Record[],
    errorClass: string,
    behind: ReadonlyMap<string, string> = new Map(),
  ): Promise<void> {
    const consumer = this.service.name;
    const inserted = await unit.query<{ event_id: string }>(
      `INSERT INTO parked (consumer, event_id, key, type, topic, partition, "offset", event, error_class, behind)
       SELECT $1, event_id, key, type, topic, partition, "offset", event, $2, behind
       FROM unnest($3::uuid[], $4::text[], $5::text[], $6::text[], $7::int[], $8::bigint[], $9::bytea[], $10::bigint[])
         WITH ORDINALITY AS r (event_id, key, type, topic, partition, "offset", event, behind, place)
       WHERE NOT EXISTS (SELECT 1 FROM inbox WHERE inbox.event_id = r.event_id AND inbox.consumer = $1)
       ORDER BY place
       ON CONFLICT (consumer, event_id) DO NOTHING RETURNING event_id`,
      [
        consumer,
        errorClass,
        records.map(({ id }) => id),
        records.map(({ key }) => key),
        records.map(({ type }) => type),
        records.map(({ address }) => address.topic),
        records.map(({ address }) => address.partition),
        records.map(({ address }) => String(address.offset)),
        records.map(({ bytes }) => bytes),
        records.map(({ key }) => behind.get(key) ?? null),
      ],
    );
    const fresh = new Set(inserted.map(({ event_id }) => event_id));
    const parked = records.filter(({ id }) => fresh.has(id));
    unit.afterCommit(() => {
      eventsParked.inc({ service: consumer, reason: behind.size > 0 ? 'waits' : 'failed' }, parked.length);
    });
    unit.say(parked.flatMap((record) => this.#announcements(unit, record, errorClass)));
  }

  /** The original bytes go to the parking topic, for other tools; the fact that they were parked goes to the lead's events. */
  #announcements(unit: UnitOfWork, record: Record, errorClass: string) {
    const consumer = this.service.name;
    const { topic, partition, offset } = record.address;
    return [
      {
        id: derivedId(record.id, 'parked', consumer),
        type: record.type,
        subject: record.key,
        key: record.key,
        topic: 'parked' as const,
        bytes: record.bytes,
        headers: {
          consumer,
          'error-class': errorClass,
          address: `${topic}/${partition}@${offset}`,
          [TYPE_HEADER]: record.type,
        },
      },
      encodeEvent(EventParked, {
        id: derivedId(record.id, EventParked.type, consumer),
        source: `/${consumer}`,
        subject: record.key,
        time: unit.now,
        data: {
          consumer,
          eventId: record.id,
          eventType: record.type,
          address: { topic, partition, offset: Number(offset) },
          errorClass,
        },
      }),
    ];
  }
}

function isReadable(bytes: Buffer): boolean {
  try {
    decodeEvent(bytes);
    return true;
  } catch {
    return false;
  }
}

/** Parking behind an event and redriving it exclude each other, or an event could be left waiting behind nothing. */
async function lockKeys(query: Query, consumer: string, keys: readonly string[]): Promise<void> {
  await query(
    `SELECT pg_advisory_xact_lock(hashtextextended(each, 1))
     FROM (SELECT $1 || '/' || key AS each FROM unnest($2::text[]) AS key ORDER BY 1) AS ordered`,
    [consumer, keys],
  );
}

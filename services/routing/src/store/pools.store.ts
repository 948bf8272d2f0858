import { Injectable } from '@nestjs/common';
import {
  type CreditEntry,
  creditKey,
  type Credits,
  type DecisionOrder,
  type Load,
  type PoolState,
} from '@fairlead/decisions';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

/** Milliseconds since the epoch. */
export interface PoolTimes {
  /** Of the last decision in each pool, by the clock of whoever decided. */
  readonly decidedAt: readonly number[];
  /** The database's clock, which all routers share. */
  readonly databaseNow: number;
}

export interface LockedPools {
  readonly pools: Map<string, PoolState>;
  readonly order: DecisionOrder;
  readonly times: PoolTimes;
}

/** Credits and loads of every party in question, in these pools and grades; and whether these leads are known. */
export interface Wanted {
  readonly accounts: ReadonlySet<string>;
  readonly parties: ReadonlySet<string>;
  readonly leadIds: readonly string[];
}

export interface LoadRow extends Load {
  readonly party: string;
}

/** `pool/grade`, in one text, as `Wanted.accounts` has it. No id contains a slash. */
export function accountOf(pool: string, grade: string): string {
  return `${pool}/${grade}`;
}

@Injectable()
export class PoolsStore {
  /** Locks all pools, in the order of their ids, until the transaction ends: from here on nobody else decides. */
  async lock(query: Query): Promise<LockedPools> {
    const rows = await query<{
      id: string;
      seq: string;
      decided_at: number;
      database_now: number;
      reserved: Record<string, [number, number]>;
      step: number;
      noted: string[];
    }>(
      // Both locked, and both as they are once the lock is had.
      `SELECT id, seq, decided_at::float8, extract(epoch FROM clock_timestamp())::float8 * 1000 AS database_now, reserved,
         step::float8, noted
       FROM pools CROSS JOIN decision_order ORDER BY id FOR UPDATE`,
    );
    return {
      pools: new Map(
        rows.map(({ id, seq, reserved }) => [
          id,
          {
            poolSeq: Number(seq),
            credits: new Map<string, Credits>(),
            reserved: new Map(Object.entries(reserved).map(([key, [taken, of]]) => [key, { taken, of }])),
          },
        ]),
      ),
      order: { step: rows[0]?.step ?? 0, noted: rows[0]?.noted ?? [] },
      times: { decidedAt: rows.map((row) => row.decided_at), databaseNow: rows[0]?.database_now ?? 0 },
    };
  }

  /**
   * Reads credits into the locked pools, beside those that are there already; and in the same statement loads, and which of
   * the leads were decided about before, and which are one with another. After the lock: what is read here nobody changes meanwhile.
   */
  async read(
    query: Query,
    pools: Map<string, PoolState>,
    { accounts, parties, leadIds }: Wanted,
  ): Promise<{ credits: CreditEntry[]; loads: LoadRow[]; known: Set<string>; absorbed: Set<string> }> {
    const split = [...accounts].map((account) => account.split('/'));
    const [row] = await query<{ credits: CreditEntry[]; loads: LoadRow[]; known: string[]; absorbed: string[] }>(
      `SELECT
         (SELECT coalesce(json_agg(json_build_object('pool', pool, 'grade', grade, 'level', level, 'party', party,
            'credit', credit)), '[]') FROM credits
          WHERE (pool, grade) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND party = ANY($3)) AS credits,
         (SELECT coalesce(json_agg(loads), '[]') FROM loads WHERE party = ANY($3)) AS loads,
         ARRAY(SELECT lead_id::text FROM leads WHERE lead_id = ANY($4::uuid[])) AS known,
         ARRAY(SELECT lead_id::text FROM absorbed WHERE lead_id = ANY($4::uuid[])) AS absorbed`,
      [split.map(([pool]) => pool), split.map(([, grade]) => grade), [...parties], leadIds],
    );
    const { credits = [], loads = [], known = [], absorbed = [] } = row ?? {};
    for (const { pool, grade, level, party, credit } of credits) {
      const inPool = pools.get(pool)?.credits;
      const key = creditKey(grade, level);
      const ofLevel = inPool?.get(key) ?? new Map<string, number>();
      ofLevel.set(party, credit);
      inPool?.set(key, ofLevel);
    }
    return { credits, loads, known: new Set(known), absorbed: new Set(absorbed) };
  }

  saveCredits(unit: UnitOfWork, rows: readonly CreditEntry[]): void {
    if (rows.length === 0) return;
    unit.write(
      `INSERT INTO credits (pool, grade, level, party, credit)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[])
       ON CONFLICT (pool, grade, level, party) DO UPDATE SET credit = excluded.credit`,
      [
        rows.map(({ pool }) => pool),
        rows.map(({ grade }) => grade),
        rows.map(({ level }) => level),
        rows.map(({ party }) => party),
        rows.map(({ credit }) => credit),
      ],
    );
  }

  saveLoads(unit: UnitOfWork, rows: readonly LoadRow[]): void {
    if (rows.length === 0) return;
    unit.write(
      `INSERT INTO loads (party, open, today, day)
       SELECT * FROM unnest($1::text[], $2::int[], $3::int[], $4::int[])
       ON CONFLICT (party) DO UPDATE SET open = excluded.open, today = excluded.today, day = excluded.day`,
      [
        rows.map(({ party }) => party),
        rows.map(({ open }) => open),
        rows.map(({ today }) => today),
        rows.map(({ day }) => day),
      ],
    );
  }

  savePools(unit: UnitOfWork, pools: readonly (readonly [id: string, state: PoolState])[], now: number): void {
    if (pools.length === 0) return;
    unit.write(
      `UPDATE pools SET seq = new.seq, reserved = new.reserved, decided_at = $4
       FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) AS new (id, seq, reserved) WHERE pools.id = new.id`,
      [
        pools.map(([id]) => id),
        pools.map(([, { poolSeq }]) => poolSeq),
        pools.map(([, { reserved }]) =>
          JSON.stringify(Object.fromEntries([...reserved].map(([key, { taken, of }]) => [key, [taken, of]]))),
        ),
        now,
      ],
    );
  }

  saveOrder(unit: UnitOfWork, { step, noted }: DecisionOrder): void {
    unit.write('UPDATE decision_order SET step = $1, noted = $2::uuid[]', [step, noted]);
  }
}

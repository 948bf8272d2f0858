import { Injectable } from '@nestjs/common';
import {
  type CreditEntry,
  creditKey,
  type Credits,
  type DecisionOrder,
  type Load,
  type PoolState,
} from '@fairlead/decisions';
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

/** Whose credits are needed: every party in question, in these pools and grades. */
export interface CreditsWanted {
  readonly accounts: ReadonlySet<string>;
  readonly parties: ReadonlySet<string>;
}

export interface LoadRow extends Load {
  readonly party: string;
}

/** `pool/grade`, in one text, as `CreditsWanted.accounts` has it. No id contains a slash. */
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

  /** Reads credits into the locked pools, beside those that are there already. */
  async readCredits(
    query: Query,
    pools: Map<string, PoolState>,
    { accounts, parties }: CreditsWanted,
  ): Promise<CreditEntry[]> {
    const split = [...accounts].map((account) => account.split('/'));
    const rows = await query<Omit<CreditEntry, 'credit'> & { credit: string }>(
      `SELECT pool, grade, level, party, credit FROM credits
       WHERE (pool, grade) IN (SELECT * FROM unnest($1::text[], $2::text[])) AND party = ANY($3)`,
      [split.map(([pool]) => pool), split.map(([, grade]) => grade), [...parties]],
    );
    return rows.map((row) => {
      const credit = Number(row.credit);
      const credits = pools.get(row.pool)?.credits;
      const key = creditKey(row.grade, row.level);
      const level = credits?.get(key) ?? new Map<string, number>();
      level.set(row.party, credit);
      credits?.set(key, level);
      return { ...row, credit };
    });
  }

  async readLoads(query: Query, parties: ReadonlySet<string>): Promise<LoadRow[]> {
    return query<LoadRow>('SELECT party, open, today, day FROM loads WHERE party = ANY($1)', [[...parties]]);
  }

  async saveCredits(query: Query, rows: readonly CreditEntry[]): Promise<void> {
    if (rows.length === 0) return;
    await query(
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

  async saveLoads(query: Query, rows: readonly LoadRow[]): Promise<void> {
    if (rows.length === 0) return;
    await query(
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

  async savePools(
    query: Query,
    pools: readonly (readonly [id: string, state: PoolState])[],
    { step, noted }: DecisionOrder,
    now: number,
  ): Promise<void> {
    await query(
      `WITH ordered AS (UPDATE decision_order SET step = $5, noted = $6::uuid[])
       UPDATE pools SET seq = new.seq, reserved = new.reserved, decided_at = $4
       FROM unnest($1::text[], $2::bigint[], $3::jsonb[]) AS new (id, seq, reserved) WHERE pools.id = new.id`,
      [
        pools.map(([id]) => id),
        pools.map(([, { poolSeq }]) => poolSeq),
        pools.map(([, { reserved }]) =>
          JSON.stringify(Object.fromEntries([...reserved].map(([key, { taken, of }]) => [key, [taken, of]]))),
        ),
        now,
        step,
        noted,
      ],
    );
  }
}

import { Injectable } from '@nestjs/common';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';
import type { KeptRules, PoolRules } from '../rules-in.js';

/** Leads of fewer policies than this are on their way at once. */
const REMEMBERED = 1_000;

@Injectable()
export class PoolRulesStore {
  /** A version never changes, so what was read once need not be read again. */
  readonly #known = new Map<string, PoolRules>();

  async add({ query }: UnitOfWork, rules: readonly KeptRules[]): Promise<void> {
    if (rules.length === 0) return;
    await query(
      `INSERT INTO pool_rules (policy, pool, rules)
       SELECT * FROM unnest($1::text[], $2::text[], $3::jsonb[]) ON CONFLICT DO NOTHING`,
      [
        rules.map(({ policy }) => policy),
        rules.map(({ pool }) => pool),
        rules.map((each) => JSON.stringify(each.rules)),
      ],
    );
  }

  /** @returns by `keyOf`; of what is not known here, as of policies from before it was kept, nothing: they say nothing */
  async of(query: Query, pools: readonly InPool[]): Promise<ReadonlyMap<string, PoolRules>> {
    const found = new Map<string, PoolRules>();
    const unread = pools.filter((each) => {
      const rules = this.#known.get(keyOf(each));
      if (rules) found.set(keyOf(each), rules);
      return !rules;
    });
    if (unread.length === 0) return found;
    const rows = await query<KeptRules>(
      `SELECT policy, pool, rules FROM pool_rules WHERE (policy, pool) IN (SELECT * FROM unnest($1::text[], $2::text[]))`,
      [unread.map(({ policy }) => policy), unread.map(({ pool }) => pool)],
    );
    if (this.#known.size > REMEMBERED) this.#known.clear();
    for (const row of rows) {
      found.set(keyOf(row), row.rules);
      this.#known.set(keyOf(row), row.rules);
    }
    return found;
  }
}

/** By which an offer was made. */
export interface InPool {
  readonly policy: string;
  readonly pool: string;
}

export function keyOf({ policy, pool }: InPool): string {
  return `${policy}/${pool}`;
}

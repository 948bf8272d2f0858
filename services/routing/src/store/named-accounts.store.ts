import { Injectable } from '@nestjs/common';
import { type NamedAccount, type NamedAccountDocument, policyOf, type PolicyDocument } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

/** One version of a list, without its entries. */
export interface StoredVersion {
  readonly name: string;
  readonly version: number;
  /** Of `{ owner, entries }`, as decisions name it. */
  readonly hash: string;
  readonly owner: string;
  readonly entries: number;
  /** Since the version before. */
  readonly added: number;
  readonly removed: number;
  readonly changed: number;
  /** Milliseconds since the epoch. */
  readonly changedAt: number;
  /** A key's id. */
  readonly changedBy: string;
}

export type AccountChange = { readonly place: number } & (
  | { readonly change: 'added'; readonly after: NamedAccount }
  | { readonly change: 'removed'; readonly before: NamedAccount }
  | { readonly change: 'changed'; readonly before: NamedAccount; readonly after: NamedAccount }
);

/** How much of a pool's leads of one grade a list has taken, of so many since it was first used there. */
export interface Taken {
  readonly list: string;
  readonly pool: string;
  readonly grade: string;
  readonly taken: number;
  readonly of: number;
}

export interface Ceiling {
  readonly list: string;
  readonly pool: string;
  /** In percent of each grade. */
  readonly ceiling: number;
}

/** Rows in one statement: a megabyte of parameters; statements cost little beside that. */
const ROWS_AT_ONCE = 10_000;

interface EntryRow {
  readonly kind: 'domain' | 'company';
  readonly account: string;
  readonly owner: string;
  readonly starts: number;
  readonly ends: number | null;
}

@Injectable()
export class NamedAccountsStore {
  /** @param version  the newest, which is the one in force, unless given */
  async find(query: Query, name: string, version?: number): Promise<StoredVersion | undefined> {
    const [row] = await query<StoredVersion>(
      `SELECT name, version, hash, owner, entries, added, removed, changed,
         round(extract(epoch FROM created_at) * 1000)::float8 AS "changedAt", created_by AS "changedBy"
       FROM named_accounts WHERE name = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1`,
      [name, version ?? null],
    );
    return row;
  }

  /** Versions of a list, the newest first. */
  async history(
    query: Query,
    name: string,
    { before, limit }: { before?: number | undefined; limit: number },
  ): Promise<StoredVersion[]> {
    return query(
      `SELECT name, version, hash, owner, entries, added, removed, changed,
         round(extract(epoch FROM created_at) * 1000)::float8 AS "changedAt", created_by AS "changedBy"
       FROM named_accounts WHERE name = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3`,
      [name, before ?? null, limit],
    );
  }

  /** The newest version of every list. */
  async lists(query: Query, { after, limit }: { after: string; limit: number }): Promise<StoredVersion[]> {
    return query(
      `SELECT DISTINCT ON (name) name, version, hash, owner, entries, added, removed, changed,
         round(extract(epoch FROM created_at) * 1000)::float8 AS "changedAt", created_by AS "changedBy"
       FROM named_accounts WHERE name > $1 ORDER BY name, version DESC LIMIT $2`,
      [after, limit],
    );
  }

  /** How many entries of these versions reserve an account at that moment, in the order of the versions. */
  async inForce(query: Query, versions: readonly Pick<StoredVersion, 'name' | 'version'>[], at: number) {
    const rows = await query<{ count: number }>(
      `SELECT (SELECT count(*) FROM named_account_entries
         WHERE list = asked.list AND version = asked.version AND starts <= $3 AND (ends IS NULL OR ends > $3))::int AS count
       FROM unnest($1::text[], $2::int[]) WITH ORDINALITY AS asked (list, version, place) ORDER BY place`,
      [versions.map(({ name }) => name), versions.map(({ version }) => version), at],
    );
    return rows.map(({ count }) => count);
  }

  /** @param after  position of the last entry that is known already */
  async entries(
    query: Query,
    { name, version, after, limit }: { name: string; version: number; after: number; limit: number },
  ): Promise<NamedAccount[]> {
    const rows = await query<EntryRow>(
      `SELECT kind, account, owner, starts::float8, ends::float8 FROM named_account_entries
       WHERE list = $1 AND version = $2 AND position > $3 ORDER BY position LIMIT $4`,
      [name, version, after, limit],
    );
    return rows.map(entryOf);
  }

  /** The newest version of every list, as much of it as tells whether it is known already. */
  async heads(query: Query): Promise<Pick<StoredVersion, 'name' | 'version' | 'hash' | 'owner'>[]> {
    return query(
      'SELECT DISTINCT ON (name) name, version, hash, owner FROM named_accounts ORDER BY name, version DESC',
    );
  }

  async allEntries(query: Query, name: string, version: number): Promise<NamedAccount[]> {
    const all: NamedAccount[] = [];
    for (let page: NamedAccount[]; ; all.push(...page)) {
      page = await this.entries(query, { name, version, after: all.length, limit: ROWS_AT_ONCE });
      if (page.length === 0) return all;
    }
  }

  /** How two versions of a list differ, by account. @param after  place of the last difference that is known already */
  async changes(
    query: Query,
    { name, from, to, after, limit }: { name: string; from: number; to: number; after: number; limit: number },
  ): Promise<AccountChange[]> {
    const rows = await query<ChangeRow>(
      `SELECT * FROM (
         SELECT kind, account, owner_before, starts_before::float8, ends_before::float8,
           owner_after, starts_after::float8, ends_after::float8,
           (row_number() OVER (ORDER BY kind DESC, account COLLATE "C", nth))::int AS place
         FROM named_account_changes($1, $2, $3)) AS changes
       WHERE place > $4 ORDER BY place LIMIT $5`,
      [name, from, to, after, limit],
    );
    return rows.map(changeOf);
  }

  async countChanges(query: Query, name: string, from: number, to: number) {
    const [counts] = await query<Pick<StoredVersion, 'added' | 'removed' | 'changed'>>(
      `SELECT (count(*) FILTER (WHERE owner_before IS NULL))::int AS added,
         (count(*) FILTER (WHERE owner_after IS NULL))::int AS removed,
         (count(*) FILTER (WHERE owner_before IS NOT NULL AND owner_after IS NOT NULL))::int AS changed
       FROM named_account_changes($1, $2, $3)`,
      [name, from, to],
    );
    return counts ?? { added: 0, removed: 0, changed: 0 };
  }

  /**
   * Adds a version, which is in force from the commit on, unless the newest one says the same.
   * @param hash  the document's
   */
  async put(
    query: Query,
    name: string,
    { document, hash }: { document: NamedAccountDocument; hash: string },
    { by, now }: { by: string; now: number },
  ): Promise<{ stored: StoredVersion; created: boolean }> {
    // Writers of rules wait for one another, as with partners.
    await query('SELECT one FROM rules FOR UPDATE');
    const before = await this.find(query, name);
    if (before?.hash === hash) return { stored: before, created: false };
    const version = (before?.version ?? 0) + 1;
    await this.addEntries(query, name, version, document.entries);
    const changes = await this.countChanges(query, name, version - 1, version);
    const { owner, entries } = document;
    const stored = { name, version, hash, owner, entries: entries.length, ...changes, changedAt: now, changedBy: by };
    await query(
      `INSERT INTO named_accounts (name, version, hash, owner, entries, added, removed, changed, created_at, created_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, to_timestamp($9 / 1000.0), $10)`,
      [name, version, hash, owner, entries.length, changes.added, changes.removed, changes.changed, now, by],
    );
    await query('UPDATE rules SET accounts_version = accounts_version + 1');
    return { stored, created: true };
  }

  private async addEntries(query: Query, name: string, version: number, entries: readonly NamedAccount[]) {
    let last: NamedAccount | undefined;
    let nth = 0;
    const numbers = entries.map((entry) => {
      // In the list's own order, the entries for one account stand together.
      nth = last && last.domain === entry.domain && last.company === entry.company ? nth + 1 : 1;
      last = entry;
      return nth;
    });
    for (let from = 0; from < entries.length; from += ROWS_AT_ONCE) {
      const rows = entries.slice(from, from + ROWS_AT_ONCE);
      await query(
        `INSERT INTO named_account_entries (list, version, position, kind, account, nth, owner, starts, ends)
         SELECT $1, $2, $3 + place, kind, account, nth, owner, starts, ends
         FROM unnest($4::text[], $5::text[], $6::int[], $7::text[], $8::bigint[], $9::bigint[])
           WITH ORDINALITY AS entries (kind, account, nth, owner, starts, ends, place)`,
        [
          name,
          version,
          from,
          rows.map(({ domain }) => (domain === undefined ? 'company' : 'domain')),
          rows.map(({ domain, company }) => domain ?? company),
          numbers.slice(from, from + ROWS_AT_ONCE),
          rows.map(({ owner }) => owner),
          rows.map((entry) => entry.from),
          rows.map(({ until = null }) => until),
        ],
      );
    }
  }

  /** What lists have taken, in every pool that ever used one. */
  async taken(query: Query): Promise<Taken[]> {
    const rows = await query<{ pool: string; reserved: Record<string, [number, number]> }>(
      'SELECT id AS pool, reserved FROM pools ORDER BY id',
    );
    return rows.flatMap(({ pool, reserved }) =>
      Object.entries(reserved).map(([key, [taken, of]]) => {
        const slash = key.lastIndexOf('/');
        return { list: key.slice(0, slash), pool, grade: key.slice(slash + 1), taken, of };
      }),
    );
  }

  /** Which pools of the policy in force reserve accounts, up to which ceiling. */
  async ceilings(query: Query): Promise<Ceiling[]> {
    const [row] = await query<{ document: PolicyDocument; version: number }>(
      `SELECT document, version FROM policies JOIN rules ON rules.policy = name AND rules.policy_version = version`,
    );
    const pools = row ? policyOf(row.document, row.version).pools : [];
    return pools.flatMap(({ id, namedAccounts }) => (namedAccounts ? [{ pool: id, ...namedAccounts }] : []));
  }
}

interface ChangeRow {
  readonly kind: 'domain' | 'company';
  readonly account: string;
  readonly owner_before: string | null;
  readonly starts_before: number;
  readonly ends_before: number | null;
  readonly owner_after: string | null;
  readonly starts_after: number;
  readonly ends_after: number | null;
  readonly place: number;
}

function changeOf(row: ChangeRow): AccountChange {
  const { kind, account, place, owner_before: was, owner_after: is } = row;
  const before =
    was !== null && entryOf({ kind, account, owner: was, starts: row.starts_before, ends: row.ends_before });
  const after = is !== null && entryOf({ kind, account, owner: is, starts: row.starts_after, ends: row.ends_after });
  if (before && after) return { place, change: 'changed', before, after };
  if (before) return { place, change: 'removed', before };
  if (after) return { place, change: 'added', after };
  throw new Error('a difference between two versions that is in neither');
}

function entryOf({ kind, account, owner, starts, ends }: EntryRow): NamedAccount {
  return { [kind]: account, owner, from: starts, ...(ends !== null && { until: ends }) };
}

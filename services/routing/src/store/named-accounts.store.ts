import { Injectable } from '@nestjs/common';
import { contentHash, type NamedAccountDocument } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

export interface StoredList {
  readonly name: string;
  readonly version: number;
  readonly hash: string;
  readonly document: NamedAccountDocument;
}

@Injectable()
export class NamedAccountsStore {
  /** @param version  the newest, which is the one in force, unless given */
  async find(query: Query, name: string, version?: number): Promise<StoredList | undefined> {
    const [row] = await query<StoredList>(
      `SELECT name, version, hash, document FROM named_accounts
       WHERE name = $1 AND ($2::int IS NULL OR version = $2) ORDER BY version DESC LIMIT 1`,
      [name, version ?? null],
    );
    return row;
  }

  /** Adds a version, which is in force from the commit on, unless the newest one says the same. */
  async put(
    query: Query,
    name: string,
    document: NamedAccountDocument,
    { by, now }: { by: string; now: number },
  ): Promise<{ stored: StoredList; created: boolean }> {
    // Writers of rules wait for one another, as with partners.
    await query('SELECT one FROM rules FOR UPDATE');
    const before = await this.find(query, name);
    const hash = contentHash(document);
    if (before?.hash === hash) return { stored: before, created: false };
    const version = (before?.version ?? 0) + 1;
    await query(
      `INSERT INTO named_accounts (name, version, hash, document, created_at, created_by)
       VALUES ($1, $2, $3, $4, to_timestamp($5 / 1000.0), $6)`,
      [name, version, hash, JSON.stringify(document), now, by],
    );
    await query('UPDATE rules SET accounts_version = accounts_version + 1');
    return { stored: { name, version, hash, document }, created: true };
  }
}

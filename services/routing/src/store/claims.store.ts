import { Injectable } from '@nestjs/common';
import { accountKeys, type Claim, type ClaimedAccount, type ClaimKind, type Conflict } from '@fairlead/decisions';
import type { Query } from '@fairlead/persistence';

/** A claim as it was decided, and how it ended. */
export interface StoredClaim extends Claim {
  /** Grows with every claim; pages are read by it. */
  readonly seq: string;
  /** A key's id. */
  readonly by: string;
  /** Whose the account was already, where the claim was refused. */
  readonly conflict?: Conflict;
  readonly ended?: Ending;
}

export interface Ending {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly why: 'withdrawn' | 'revoked';
  readonly reason?: string;
  readonly by: string;
}

/** Which claims: of a partner, of a kind, on an account; whatever is not given does not matter. */
export interface ClaimsWanted {
  readonly partner?: string | undefined;
  readonly kind?: ClaimKind | undefined;
  readonly account?: ClaimedAccount | undefined;
}

interface Row {
  readonly seq: string;
  readonly id: string;
  readonly kind: ClaimKind;
  readonly partner: string;
  readonly domain: string | null;
  readonly company: string | null;
  readonly from: number;
  readonly until: number | null;
  readonly conflict: Conflict | null;
  readonly by: string;
  readonly endedAt: number | null;
  readonly endedWhy: 'withdrawn' | 'revoked';
  readonly endedReason: string | null;
  readonly endedBy: string;
}

const CLAIM = `seq, id, kind, partner, domain, company, claimed_at::float8 AS "from", until::float8, conflict,
  claimed_by AS by, ended_at::float8 AS "endedAt", ended_why AS "endedWhy", ended_reason AS "endedReason",
  ended_by AS "endedBy"`;

@Injectable()
export class ClaimsStore {
  /** Claims, and everybody else who writes rules, wait for one another from here on. */
  async lock(query: Query): Promise<void> {
    await query('SELECT one FROM rules FOR UPDATE');
  }

  /** Newest first, of those before the number given. */
  async page(
    query: Query,
    { partner, kind, account }: ClaimsWanted,
    { before, limit }: { before: string | undefined; limit: number },
  ): Promise<StoredClaim[]> {
    const rows = await query<Row>(
      `SELECT ${CLAIM} FROM account_claims
       WHERE ($1::text IS NULL OR partner = $1) AND ($2::text IS NULL OR kind = $2)
         AND ($3::text[] IS NULL OR account_keys && $3) AND ($4::bigint IS NULL OR seq < $4)
       ORDER BY seq DESC LIMIT $5`,
      [partner ?? null, kind ?? null, account ? accountKeys(account) : null, before ?? null, limit],
    );
    return rows.map(claimOf);
  }

  async find(
    query: Query,
    { id, partner, kind }: Pick<Claim, 'id' | 'partner' | 'kind'>,
  ): Promise<StoredClaim | undefined> {
    const [row] = await query<Row>(`SELECT ${CLAIM} FROM account_claims WHERE id = $1 AND partner = $2 AND kind = $3`, [
      id,
      partner,
      kind,
    ]);
    return row && claimOf(row);
  }

  /** How many claims of this kind and partner stand, and how many it has made since that time. */
  async countOf(
    query: Query,
    { partner, kind }: Pick<Claim, 'partner' | 'kind'>,
    { now, since }: { now: number; since: number },
  ): Promise<{ standing: number; made: number }> {
    const [row] = await query<{ standing: number; made: number }>(
      `SELECT
         (SELECT count(*)::int FROM account_claims WHERE partner = $1 AND kind = $2
            AND version IS NOT NULL AND ended_at IS NULL AND (until IS NULL OR until > $3)) AS standing,
         (SELECT count(*)::int FROM account_claims WHERE partner = $1 AND kind = $2 AND claimed_at > $4) AS made`,
      [partner, kind, now, since],
    );
    return row ?? { standing: 0, made: 0 };
  }

  /** How many claims stand, of whomever. */
  async standingInAll(query: Query, now: number): Promise<number> {
    const [row] = await query<{ standing: number }>(
      `SELECT count(*)::int AS standing FROM account_claims
       WHERE version IS NOT NULL AND ended_at IS NULL AND (until IS NULL OR until > $1)`,
      [now],
    );
    return row?.standing ?? 0;
  }

  /**
   * Keeps a claim that was decided under the lock.
   * @returns the version of all claims that it made; undefined for one that was refused
   */
  async add(
    query: Query,
    claim: Claim & { readonly conflict?: Conflict },
    { by, policy }: { by: string; policy: { readonly name: string; readonly version: number } | undefined },
  ): Promise<number | undefined> {
    const version = claim.conflict ? undefined : await this.nextVersion(query);
    const { account } = claim;
    await query(
      `INSERT INTO account_claims (id, kind, partner, domain, company, account_keys, claimed_at, until, version, conflict,
         policy, policy_version, claimed_by)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        ...[claim.id, claim.kind, claim.partner],
        ...[account.domain ?? null, account.company ?? null],
        ...[accountKeys(account), claim.from, claim.until ?? null, version ?? null],
        ...[claim.conflict ? JSON.stringify(claim.conflict) : null, policy?.name ?? null, policy?.version ?? null, by],
      ],
    );
    return version;
  }

  /** @returns the version of all claims that this made */
  async end(query: Query, id: string, { at, why, reason, by }: Ending): Promise<number> {
    const version = await this.nextVersion(query);
    await query(
      `UPDATE account_claims SET ended_at = $2, ended_version = $3, ended_why = $4, ended_reason = $5, ended_by = $6
       WHERE id = $1`,
      [id, at, version, why, reason ?? null, by],
    );
    return version;
  }

  /** Every change after a version, in the order in which they were made. */
  async changesSince(query: Query, version: number): Promise<{ version: number; claim: Claim; ended: boolean }[]> {
    const rows = await query<Row & { version: number; ended: boolean }>(
      `SELECT ${CLAIM}, version::int, false AS ended FROM account_claims WHERE version > $1
       UNION ALL
       SELECT ${CLAIM}, ended_version::int, true FROM account_claims WHERE ended_version > $1
       ORDER BY version`,
      [version],
    );
    return rows.map((row) => ({ version: row.version, claim: standingClaim(claimOf(row)), ended: row.ended }));
  }

  /** Claims that nobody has ended and whose time was not over yesterday, the earliest first, as of the version that is there. */
  async allStanding(query: Query): Promise<{ version: number; claims: Claim[] }> {
    const rows = await query<Row & { protections: number }>(
      `SELECT ${CLAIM}, (SELECT protections_version::int FROM rules) AS protections FROM account_claims
       WHERE version IS NOT NULL AND ended_at IS NULL
         AND (until IS NULL OR until > extract(epoch FROM now() - interval '1 day') * 1000)
       ORDER BY version`,
    );
    const [first] = rows;
    if (first) return { version: first.protections, claims: rows.map((row) => standingClaim(claimOf(row))) };
    const [rules] = await query<{ version: number }>('SELECT protections_version::int AS version FROM rules');
    return { version: rules?.version ?? 0, claims: [] };
  }

  private async nextVersion(query: Query): Promise<number> {
    const [row] = await query<{ version: number }>(
      'UPDATE rules SET protections_version = protections_version + 1 RETURNING protections_version::int AS version',
    );
    return row?.version ?? 0;
  }
}

function claimOf(row: Row): StoredClaim {
  const { seq, id, kind, partner, from, by } = row;
  return {
    ...{ seq, id, kind, partner, from, by },
    account: {
      ...(row.domain !== null && { domain: row.domain }),
      ...(row.company !== null && { company: row.company }),
    },
    ...(row.until !== null && { until: row.until }),
    ...(row.conflict && { conflict: row.conflict }),
    ...(row.endedAt !== null && {
      ended: {
        at: row.endedAt,
        why: row.endedWhy,
        by: row.endedBy,
        ...(row.endedReason !== null && { reason: row.endedReason }),
      },
    }),
  };
}

function standingClaim({ id, kind, partner, account, from, until }: StoredClaim): Claim {
  return { id, kind, partner, account, from, ...(until !== undefined && { until }) };
}

import type { OfferGrade, Promised } from '@fairlead/decisions/fold';
import type { UnitOfWork } from '@fairlead/messaging';
import type { Query } from '@fairlead/persistence';

export class PromisesStore {
  /** A version of a policy never changes, so what is here already stays. */
  async add({ query }: UnitOfWork, promises: readonly Promised[]): Promise<void> {
    await query(
      `INSERT INTO promises (policy, pool, grade, direct_percent)
       SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::numeric[]) ON CONFLICT DO NOTHING`,
      [
        promises.map(({ policy }) => policy),
        promises.map(({ pool }) => pool),
        promises.map(({ grade }) => grade ?? 'incomplete'),
        promises.map(({ directPercent }) => directPercent),
      ],
    );
  }

  /** Every promise of these versions of policies. */
  async of(query: Query, policies: readonly string[]): Promise<Promised[]> {
    const rows = await query<{ policy: string; pool: string; grade: string; percent: number }>(
      'SELECT policy, pool, grade, direct_percent::float8 AS percent FROM promises WHERE policy = ANY($1)',
      [policies],
    );
    return rows.map(({ policy, pool, grade, percent }) => ({
      policy,
      pool,
      grade: grade === 'incomplete' ? null : (grade as OfferGrade),
      directPercent: percent,
    }));
  }
}

import type { Policy } from '../route/policy.js';
import type { Promised } from './figures.js';

/** Every promise that this version of a policy makes. */
export function promisesOf({ name, version, pools }: Policy): Promised[] {
  return pools.flatMap((pool) =>
    (['A', 'B', 'C', 'D', null] as const).map((grade) => ({
      policy: `${name}@${version}`,
      pool: pool.id,
      grade,
      directPercent: pool.promise(grade ?? 'incomplete').direct,
    })),
  );
}

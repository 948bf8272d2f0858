import type { Promised } from './figures.js';

type Unread = Readonly<Record<string, unknown>> | undefined;

/**
 * Every promise that a version of a policy makes. Of the document nothing else is looked at: whoever folds a log need not load all that
 * reads and checks policies, which takes more memory than the fold.
 * @param document  as `policy.activated` carries it
 * @returns undefined for what no policy looks like
 */
export function promisesOf(document: unknown, version: number): Promised[] | undefined {
  const { name, pools } = (document ?? {}) as { readonly name?: unknown; readonly pools?: unknown };
  if (typeof name !== 'string' || !Array.isArray(pools)) return undefined;
  const promises = (pools as readonly Unread[]).flatMap((pool) =>
    (['A', 'B', 'C', 'D', null] as const).map((grade) => ({
      policy: `${name}@${version}`,
      pool: pool?.['id'],
      grade,
      directPercent: directOf((grade && (pool?.['promiseByGrade'] as Unread)?.[grade]) ?? pool?.['promise']),
    })),
  );
  return promises.every(isPromise) ? promises : undefined;
}

function directOf(promise: unknown): unknown {
  return (promise as Unread)?.['direct'];
}

function isPromise(each: Readonly<Record<keyof Promised, unknown>>): each is Promised {
  return typeof each.pool === 'string' && typeof each.directPercent === 'number';
}

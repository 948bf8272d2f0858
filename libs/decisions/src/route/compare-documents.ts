/** One difference between two versions of a document. */
export interface Difference {
  /** JSON Pointer; what has an id stands under its id and not under its place in a list: `/pools/smb/promise/direct`. */
  readonly path: string;
  readonly change: 'added' | 'removed' | 'changed';
  readonly from?: unknown;
  readonly to?: unknown;
}

/**
 * What differs between two documents, at the smallest place that differs. Lists of words are compared as the sets that
 * decisions take them for. Lists of things with ids, which is what the pools of a policy are, are compared thing by
 * thing; their order decides, so where it differs there is one difference more, from the ids before to those after.
 */
export function compareDocuments(from: unknown, to: unknown, path = ''): Difference[] {
  if (haveIds(from) && haveIds(to))
    return [...compareOrder(from, to, path), ...compareMembers(byId(from), byId(to), path)];
  if (Array.isArray(from) && Array.isArray(to)) return compareSets(from, to, path);
  if (isRecord(from) && isRecord(to)) return compareMembers(from, to, path);
  return from === to ? [] : [{ path, change: 'changed', from, to }];
}

function compareMembers(from: Members, to: Members, path: string): Difference[] {
  const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])].sort();
  return keys.flatMap((key): Difference[] => {
    const at = `${path}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (from[key] === undefined) return to[key] === undefined ? [] : [{ path: at, change: 'added', to: to[key] }];
    if (to[key] === undefined) return [{ path: at, change: 'removed', from: from[key] }];
    return compareDocuments(from[key], to[key], at);
  });
}

function compareOrder(from: readonly WithId[], to: readonly WithId[], path: string): Difference[] {
  const [before, after] = [from.map(({ id }) => id), to.map(({ id }) => id)];
  const isSame = before.length === after.length && before.every((id, index) => id === after[index]);
  return isSame ? [] : [{ path, change: 'changed', from: before, to: after }];
}

/** Of words and numbers, each there once. */
function compareSets(from: readonly unknown[], to: readonly unknown[], path: string): Difference[] {
  const [before, after] = [new Set(from), new Set(to)];
  return [
    ...from.filter((item) => !after.has(item)).map((item): Difference => ({ path, change: 'removed', from: item })),
    ...to.filter((item) => !before.has(item)).map((item): Difference => ({ path, change: 'added', to: item })),
  ];
}

type Members = Readonly<Record<string, unknown>>;
interface WithId extends Members {
  readonly id: string;
}

function haveIds(value: unknown): value is WithId[] {
  return (
    Array.isArray(value) && value.length > 0 && value.every((item) => isRecord(item) && typeof item['id'] === 'string')
  );
}

function byId(list: readonly WithId[]): Members {
  return Object.fromEntries(list.map((item) => [item.id, item]));
}

function isRecord(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

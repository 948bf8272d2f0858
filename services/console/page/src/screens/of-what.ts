import type { Schemas } from '../api/schemas.js';
import type { OfWhat } from '../charts/csv.js';

/**
 * What figures were asked for and when they were so, for the file that is taken away.
 * @param asked  by the names that the API has for them
 */
export function ofWhat(asked: object, { at }: Pick<Schemas['AsOfView'], 'at'>): OfWhat {
  const { from = '', to = '', ...rest } = asked as Record<string, string | number>;
  const others = Object.entries(rest).map(([name, value]) => [name, String(value)] as const);
  return [['from', String(from)], ['to', String(to)], ...others, ['as of', at]];
}

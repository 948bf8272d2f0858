import type { Facts } from '@fairlead/events';
import { folded } from '../document/shapes.js';
import type { AttributeCondition, Policy, Pool } from './policy.js';

/** What decides to which pool a lead belongs. */
export interface Matchable {
  readonly facts: Pick<Facts, 'country' | 'region' | 'employees' | 'revenue' | 'product' | 'industry'> &
    Partial<Pick<Facts, 'attributes'>>;
  readonly sourceId: string;
}

/** The first pool all of whose conditions hold. The last one has none, so every lead has a pool. */
export function matchPool({ facts, sourceId }: Matchable, policy: Policy): Pool {
  const { country, region, employees, revenue, attributes } = facts;
  const product = facts.product === undefined ? undefined : folded(facts.product);
  const industry = facts.industry === undefined ? undefined : folded(facts.industry);

  const found = policy.pools.find(
    ({ match }) =>
      isAmong(match.countries, country) &&
      isAmong(match.regions, region) &&
      isWithin(match.employees, employees) &&
      isWithin(match.revenue, revenue) &&
      isAmong(match.products, product) &&
      isAmong(match.industries, industry) &&
      isAmong(match.sources, sourceId) &&
      haveAttributes(match.attributes, attributes),
  );
  if (!found) throw new RangeError(`no pool of policy ${policy.name} takes what the others leave`);
  return found;
}

function isAmong(set: ReadonlySet<string> | undefined, value: string | undefined): boolean {
  return set === undefined || (value !== undefined && set.has(value));
}

function isWithin(range: { from: number; below: number } | undefined, value: number | undefined): boolean {
  return range === undefined || (value !== undefined && value >= range.from && value < range.below);
}

function haveAttributes(
  wanted: ReadonlyMap<string, AttributeCondition> | undefined,
  attributes: Facts['attributes'] = {},
): boolean {
  if (wanted === undefined) return true;
  for (const [name, { words, range }] of wanted) {
    const value = Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    if (value === undefined) return false;
    if (words && !words.has(folded(String(value)))) return false;
    if (range && !(typeof value === 'number' && isWithin(range, value))) return false;
  }
  return true;
}

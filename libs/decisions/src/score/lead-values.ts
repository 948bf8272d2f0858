import type { Facts, Reachable } from '@fairlead/events';

/** What scoring looks at in a lead. */
export interface ScorableLead {
  readonly facts: Facts;
  readonly reachable: Reachable;
  /** What was waited for in vain; not empty makes the lead incomplete. */
  readonly missing: readonly string[];
  /** When the lead did something last, in milliseconds since the epoch; what fades, fades from then on. */
  readonly occurredAt?: number;
  /** The same for what it did of each kind, where that is known. */
  readonly engagedAt?: Readonly<Record<string, number>>;
}

export type Value = string | number | boolean;

/** @param field  as a model's factor names it: `employees`, `engagement.visits`, `total(engagement)` */
export function valueOf(field: string, { facts, reachable }: Pick<ScorableLead, 'facts' | 'reachable'>) {
  if (field === 'total(engagement)') return totalOf(facts.engagement);
  if (field === 'count(engagement)') return countOf(facts.engagement);
  const dot = field.indexOf('.');
  const [group, name] = [field.slice(0, Math.max(0, dot)), field.slice(dot + 1)];
  switch (group) {
    case 'engagement':
      return ownValue(facts.engagement, name);
    case 'attributes':
      return ownValue(facts.attributes, name);
    case 'reachable':
      return reachable[name as keyof Reachable];
    default:
      return ownValue(facts as unknown as Record<string, Value>, name);
  }
}

function ownValue(values: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(values, name) ? values[name] : undefined;
}

/** Words that are numbers count as such: mappings and forms often send `"3"`. */
export function numberOf(value: Value): number | undefined {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  return /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value.trim()) ? Number(value) : undefined;
}

/** Whole parts only: sums of decimals depend on their order. */
function totalOf(engagement: Facts['engagement']): number | undefined {
  const numbers = Object.values(engagement)
    .map(numberOf)
    .filter((number) => number !== undefined);
  if (numbers.length === 0) return undefined;
  const limit = Number.MAX_SAFE_INTEGER / 128;
  return numbers.reduce((total, number) => total + Math.trunc(Math.max(-limit, Math.min(limit, number))), 0);
}

/** What was done at all: numbers above nothing, and words. */
function countOf(engagement: Facts['engagement']): number | undefined {
  const values = Object.values(engagement);
  if (values.length === 0) return undefined;
  return values.filter((value) => (numberOf(value) ?? 1) > 0).length;
}

/** A band in words, where the model has none of its own. */
export function bandInWords(name: string, from: number | undefined, below: number | undefined): string {
  if (from === undefined && below === undefined) return `${name} is known`;
  if (from === undefined) return `${name} is below ${below}`;
  return below === undefined ? `${name} is ${from} or more` : `${name} is from ${from} to below ${below}`;
}

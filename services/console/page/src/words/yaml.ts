/** As wide as a line may get before what stands in braces is written below each other. */
const WIDTH = 100;
/** Words, and durations such as `4h`. Anything else is quoted, as JSON is, which YAML reads alike. */
const PLAIN = /^(?:[A-Za-z][A-Za-z0-9]*(?:[ ._-][A-Za-z0-9]+)*|\d+[smhdw])$/;
/** Words that some reader takes for something else. */
const TAKEN = /^(?:true|false|null|yes|no|on|off|y|n|inf|nan)$/i;

/**
 * A document as people write it: mappings below each other, what is small in braces. It says what the JSON says; comments are not in the JSON.
 * @param order  of the keys that are read in a certain order; the others follow as they come
 */
export function yamlOf(document: unknown, order: readonly string[] = []): string {
  const sorted = inOrder(document, order);
  return `${isBranch(sorted) ? blockOf(sorted, 0).join('\n') : flowOf(sorted)}\n`;
}

function inOrder(value: unknown, order: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => inOrder(item, order));
  if (typeof value !== 'object' || value === null) return value;
  const place = ([key]: [string, unknown]) => (order.includes(key) ? order.indexOf(key) : order.length);
  const members = Object.entries(value).toSorted((one, other) => place(one) - place(other));
  return Object.fromEntries(members.map(([key, inner]) => [key, inOrder(inner, order)]));
}

function blockOf(value: object, depth: number): string[] {
  const indent = '  '.repeat(depth);
  if (Array.isArray(value))
    return value.flatMap((item: unknown) => {
      if (!isBranch(item) || Array.isArray(item)) return [`${indent}- ${flowOf(item)}`];
      const [first = '', ...rest] = blockOf(item, depth + 1);
      return [`${indent}- ${first.trimStart()}`, ...rest];
    });
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    const name = `${indent}${scalarOf(key)}:`;
    const line = `${name} ${flowOf(inner)}`;
    const isSmall = depth > 0 && line.length <= WIDTH && (Array.isArray(inner) ? !inner.some(isBranch) : true);
    return !isBranch(inner) || isSmall ? [line] : [name, ...blockOf(inner, depth + 1)];
  });
}

function flowOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flowOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return scalarOf(value);
  const members = Object.entries(value).map(([key, inner]) => `${scalarOf(key)}: ${flowOf(inner)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}

function scalarOf(value: unknown): string {
  return typeof value === 'string' && PLAIN.test(value) && !TAKEN.test(value) ? value : JSON.stringify(value);
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

// Schemas say which fields there are; this says what no value may be, wherever it stands, also inside documents that
// have no schema here (a policy, a partner).

// 32: our deepest event has six levels, a policy perhaps ten; what is deeper is an attack on somebody's parser.
const MAX_DEPTH = 32;

/**
 * Finds what would not survive the way through JSON, PostgreSQL and other people's parsers unchanged.
 * @returns what is wrong, without the value, or undefined
 */
export function problemIn(value: unknown, depth = 0): string | undefined {
  switch (typeof value) {
    case 'string':
      // A lone surrogate has no UTF-8; PostgreSQL's text and jsonb cannot hold U+0000.
      if (!value.isWellFormed()) return 'text that is not well-formed Unicode';
      return value.includes('\0') ? 'text with a NUL character' : undefined;
    case 'number':
      if (!Number.isFinite(value)) return 'a number that is not finite';
      // Beyond 2^53 − 1 two different integers are the same double: the next reader would see another number.
      return Math.abs(value) > Number.MAX_SAFE_INTEGER ? 'a number beyond 2^53 − 1' : undefined;
    case 'object':
      if (value === null) return undefined;
      return depth === MAX_DEPTH ? `more than ${MAX_DEPTH} levels` : problemInside(value, depth + 1);
    case 'boolean':
    case 'undefined':
      return undefined;
    default:
      return `a ${typeof value}`;
  }
}

function problemInside(value: object, depth: number): string | undefined {
  if (Array.isArray(value)) {
    for (const item of value) {
      const problem = item === undefined ? 'a hole in a list' : problemIn(item, depth);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  // JSON.stringify would call it and write something that no schema has seen.
  if (typeof (value as { toJSON?: unknown }).toJSON === 'function') return 'an object that writes itself';
  for (const key of Object.keys(value)) {
    // Own keys with these names come from JSON.parse alone, and poison whoever merges them into an object.
    if (key === '__proto__' || key === 'constructor' || key === 'prototype') return 'a forbidden key';
    const problem = problemIn(key) ?? problemIn((value as Record<string, unknown>)[key], depth);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

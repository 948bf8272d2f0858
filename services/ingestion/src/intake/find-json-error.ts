/** Where a text stops being JSON. */
export interface JsonError {
  /** From 1. */
  readonly line: number;
  /** From 1, in characters. */
  readonly column: number;
  /** `a value was expected`; never what was there instead. */
  readonly expected: string;
}

const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const SCALAR = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;
const SPACE = /[ \t\n\r]*/y;

/**
 * Finds the place in a text that JSON.parse has refused, because its message quotes the text and often has no place.
 * A loop with a stack of its own: a text may be nested as deep as it is long.
 */
export function findJsonError(text: string): JsonError {
  const open: ('{' | '[')[] = [];
  let state: 'value' | 'first-value' | 'key' | 'first-key' | 'colon' | 'after-value' = 'value';
  let at = 0;
  const match = (pattern: RegExp): boolean => {
    pattern.lastIndex = at;
    if (!pattern.test(text)) return false;
    at = pattern.lastIndex;
    return true;
  };
  const fail = (expected: string): JsonError => ({ ...placeOf(text, at), expected });

  for (;;) {
    match(SPACE);
    const character = text[at];
    switch (state) {
      case 'first-value':
      case 'value':
        if (character === ']' && state === 'first-value') {
          at += 1;
          open.pop();
          state = 'after-value';
        } else if (character === '{' || character === '[') {
          at += 1;
          open.push(character);
          state = character === '{' ? 'first-key' : 'first-value';
        } else if (match(STRING) || match(SCALAR)) state = 'after-value';
        else
          return fail(
            character === '"' ? 'a text is not closed or has a character that must be escaped' : 'a value was expected',
          );
        break;
      case 'first-key':
      case 'key':
        if (character === '}' && state === 'first-key') {
          at += 1;
          open.pop();
          state = 'after-value';
        } else if (match(STRING)) state = 'colon';
        else return fail('a name in quotation marks was expected');
        break;
      case 'colon':
        if (character !== ':') return fail('a colon was expected');
        at += 1;
        state = 'value';
        break;
      case 'after-value': {
        const inside = open.at(-1);
        if (inside === undefined) return fail('the end was expected');
        const close = inside === '{' ? '}' : ']';
        if (character !== ',' && character !== close) return fail(`a comma or ${close} was expected`);
        at += 1;
        if (character === close) open.pop();
        else state = inside === '{' ? 'key' : 'value';
      }
    }
  }
}

function placeOf(text: string, at: number): { line: number; column: number } {
  const before = text.slice(0, at).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

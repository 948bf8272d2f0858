/** The text of one JSON value, and the line on which it began. */
export interface JsonText {
  readonly text: string;
  readonly line: number;
}

/** Not well-formed beyond what can be told apart into values: nothing after it can be read. */
export class Unreadable extends Error {
  override readonly name = 'Unreadable';

  constructor(
    readonly line: number,
    readonly detail: string,
  ) {
    super(`line ${line}: ${detail}`);
  }
}

/**
 * Cuts a stream into the elements of a JSON array, or into the values that stand one after another, without ever
 * holding more than one of them. A value may still be wrong inside: that is then its own fault and nobody else's.
 * @param maxLength  of one value, in characters
 */
export async function* jsonValues(chunks: AsyncIterable<string>, maxLength: number): AsyncGenerator<JsonText> {
  const cutter = new Cutter(maxLength);
  for await (const chunk of chunks) yield* cutter.push(chunk);
  yield* cutter.end();
}

class Cutter {
  #text = '';
  #line = 1;
  #began = 1;
  #depth = 0;
  #inString = false;
  #escaped = false;
  #inArray = false;
  #started = false;

  constructor(private readonly maxLength: number) {}

  *push(chunk: string): Generator<JsonText> {
    for (const character of chunk) {
      if (character === '\n') this.#line += 1;
      if (this.#inString) this.#insideString(character);
      else yield* this.#outside(character);
    }
  }

  *end(): Generator<JsonText> {
    if (this.#inString || this.#depth > 0) throw new Unreadable(this.#began, 'the value that begins here does not end');
    yield* this.#cut();
    if (this.#inArray) throw new Unreadable(this.#line, 'the list does not end');
  }

  #insideString(character: string): void {
    this.#take(character);
    if (this.#escaped) this.#escaped = false;
    else if (character === '\\') this.#escaped = true;
    else if (character === '"') this.#inString = false;
  }

  *#outside(character: string): Generator<JsonText> {
    const space = character === ' ' || character === '\n' || character === '\r' || character === '\t';
    if (space || character === '\ufeff') {
      // White space ends a value at the top level and is never part of one: a value becomes one line.
      if (this.#depth > 0) this.#take(' ');
      else if (!this.#inArray) yield* this.#cut();
      return;
    }
    if (!this.#started) {
      this.#started = true;
      if (character === '[') {
        this.#inArray = true;
        return;
      }
    }
    if (this.#depth === 0 && this.#inArray && (character === ',' || character === ']')) {
      yield* this.#cut();
      if (character === ']') this.#inArray = false;
      return;
    }
    this.#take(character);
    if (character === '"') this.#inString = true;
    else if (character === '{' || character === '[') this.#depth += 1;
    else if (character === '}' || character === ']') {
      this.#depth -= 1;
      if (this.#depth < 0) throw new Unreadable(this.#line, 'more brackets close than open');
      if (this.#depth === 0 && !this.#inArray) yield* this.#cut();
    }
  }

  #take(character: string): void {
    if (this.#text === '') this.#began = this.#line;
    this.#text += character;
    if (this.#text.length > this.maxLength) {
      throw new Unreadable(this.#began, `the value that begins here is longer than ${this.maxLength} characters`);
    }
  }

  *#cut(): Generator<JsonText> {
    if (this.#text.trim() !== '') yield { text: this.#text, line: this.#began };
    this.#text = '';
  }
}

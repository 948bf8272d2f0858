import { isUtf8 } from 'node:buffer';
import secureJson from 'secure-json-parse';
import { Problem } from './problem.js';

/** No document of ours is nested more than 8 deep; whoever walks a parsed body recursively must not run out of stack. */
const MAX_DEPTH = 64;

/**
 * Parses a JSON body. Keys that would reach an object's prototype are refused rather than dropped; of a key that occurs
 * twice the last one counts, for checking and for storing alike, because a body is parsed this once only.
 * @param options.exactIntegers  integers that a double cannot hold become texts: ids of other people's systems, mostly
 */
export function parseJson(body: Buffer, { exactIntegers = false } = {}): unknown {
  // Clients that always send a content type may do so without a body: then there is none.
  if (body.length === 0) return undefined;
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.');
  if (depthOf(body) > MAX_DEPTH) throw malformed(`The body is nested more than ${MAX_DEPTH} deep.`);
  try {
    const text = body.toString('utf8');
    // A reviver makes parsing several times slower, so only where there is something for it to do.
    const reviver = exactIntegers && /\d{16}/.test(text) ? keepInteger : undefined;
    return secureJson.parse(text, reviver, { protoAction: 'error', constructorAction: 'error' });
  } catch {
    // The parser's message quotes what was sent.
    throw malformed(
      'The body is not valid JSON, or uses a key that is not allowed (__proto__, constructor.prototype).',
    );
  }
}

function keepInteger(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value;
  return context?.source !== undefined && /^-?\d+$/.test(context.source) ? context.source : value;
}

function malformed(detail: string): Problem {
  return new Problem(400, { type: 'malformed-json', title: 'Malformed JSON', detail });
}

function depthOf(json: Buffer): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let i = 0; i < json.length; i++) {
    const byte = json[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) deepest = Math.max(deepest, ++depth);
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--;
  }
  return deepest;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

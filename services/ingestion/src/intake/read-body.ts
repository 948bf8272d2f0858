import type { FieldError } from '@fairlead/decisions';
import { Problem } from '@fairlead/platform';
import type { Readable } from 'node:stream';
import type { Activity } from './rows.js';

/** One lead as it was sent: not yet looked at, or wrong in itself. */
export interface RawRow {
  readonly value?: unknown;
  /** Instead of `value`, where the row is about somebody and is no lead. */
  readonly activity?: Activity;
  readonly errors?: readonly FieldError[];
  /** What a repetition of the request is recognised by. */
  readonly text: string | Buffer;
}

/** 50 MiB hold 100,000 leads of half a kilobyte each; a larger import is sent in several requests. */
export const MAX_STREAM_BYTES = 50 * 1024 * 1024;
/** A lead cannot be larger than a log entry (64 KiB); four times that leaves room for columns that nobody maps. */
export const MAX_ROW_BYTES = 256 * 1024;
/** The answer has a line for each row: this many are 10 MB of answer. */
export const MAX_ROWS = 100_000;

/** Passes on what comes in, and stops where a body becomes larger than a stream may be. */
export async function* limited(body: Readable, maxBytes = MAX_STREAM_BYTES): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  // Whoever stops reading must not destroy the request: its connection would be left half read, and the next request on
  // it, or the answer to this one, would hang.
  const chunks = body.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooLarge(`A body of this type may have ${maxBytes} bytes.`);
      yield chunk;
    }
  } catch (error) {
    // The sender has gone, and will hardly read this; but it is no fault of ours that somebody should look at.
    if ((error as NodeJS.ErrnoException).code !== 'ECONNRESET') throw error;
    throw new Problem(400, { type: 'cut-off', title: 'Cut off', detail: 'The body ended before it was complete.' });
  }
}

export function tooLarge(detail = `A body of this type may have ${MAX_STREAM_BYTES} bytes.`): Problem {
  return new Problem(413, { type: 'too-large', title: 'Too large', detail });
}

export function malformed(type: string, title: string, detail: string): Problem {
  return new Problem(400, { type, title, detail });
}

import { text } from 'node:stream/consumers';
import type { Position } from '@fairlead/outcome-tracking/trust';
import { CommandFailed } from '../api/command-failed.js';
import { readFile } from '../log/verify-folder.js';

/** Of a few thousand parties. */
const MAX_ANSWER_BYTES = 64 * 1_024 * 1_024;

export interface ReadAsOf {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly events: Position;
}

/**
 * The position in the log that figures were told as of.
 * @param file  with an answer of `GET /v1/trust`, or its `asOf`; `-` for standard input
 * @throws CommandFailed
 */
export async function readAsOf(file: string): Promise<ReadAsOf> {
  const written = file === '-' ? await text(process.stdin) : readFile(file, MAX_ANSWER_BYTES).toString('utf8');
  const named = file === '-' ? 'What came in' : file;
  const { at, events } = asOfIn(written) ?? {};
  if (events === null)
    throw new CommandFailed(
      `${named} says of no position: its system has events from before they were counted (fairlead rebuild counts them).`,
    );
  const isPosition = Array.isArray(events) && events.every((each) => Number.isSafeInteger(each) && each >= 0);
  const moment = typeof at === 'string' ? Date.parse(at) : NaN;
  if (!isPosition || Number.isNaN(moment))
    throw new CommandFailed(`${named} is no answer of GET /v1/trust: it has no asOf { at, events }.`);
  return { at: moment, events: events as number[] };
}

function asOfIn(written: string): { readonly at?: unknown; readonly events?: unknown } | undefined {
  try {
    const answer = JSON.parse(written) as { readonly asOf?: object } | null;
    return answer?.asOf ?? answer ?? undefined;
  } catch {
    return undefined;
  }
}

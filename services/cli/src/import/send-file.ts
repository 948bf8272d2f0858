import { type Command, InvalidArgumentError } from 'commander';
import type { Api } from '../api/client.js';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { Progress } from './progress.js';
import type { OpenFile } from './rows.js';

/** Options of every command that sends a file, row after row. */
export interface SendOptions {
  readonly json?: true;
  readonly strict?: true;
  readonly patience: number;
}

/**
 * Adds these options to a command.
 * @param tally  what `--json` prints
 * @param failing  what rows are that are not taken
 */
export function withSendOptions(command: Command, { tally, failing }: { tally: string; failing: string }): Command {
  return command
    .option('--json', `print ${tally} and nothing else`)
    .option('--strict', `exit with 1 when any row is ${failing}`)
    .option('--patience <seconds>', 'how long to try again while the system does not answer', seconds, 300);
}

/** What is told while a file is being sent. */
export interface Telling {
  /** How far this file has been read is shown from now on. */
  readonly follows: (file: OpenFile) => void;
  readonly progress: (tally: { readonly rows: number }) => void;
  readonly say: (sentence: string) => void;
  /** For people only: with `--json` it is not said. */
  readonly note: (sentence: string) => void;
}

/** What became of a file. */
export interface Sent {
  /** What `--json` prints: disjoint, and adding up to `rows`. */
  readonly tally: { readonly rows: number };
  readonly inWords: string;
  /** How many rows were not taken. */
  readonly failed: number;
}

/**
 * Sends a file while the system is there, waits while it is not, and ends with 1 when no row could be used; with `--strict`, when any could
 * not.
 */
export async function sendFile(
  { json, strict, patience }: SendOptions,
  send: (api: Api, telling: Telling) => Promise<Sent>,
): Promise<void> {
  let fraction = (): number => 0;
  const progress = new Progress(process.stderr, () => fraction());
  const telling: Telling = {
    follows: ({ sizeBytes, readBytes }) => {
      fraction = () => (sizeBytes === 0 ? 1 : readBytes() / sizeBytes);
    },
    progress: (tally) => {
      if (!json) progress.update(tally);
    },
    say: (sentence) => progress.say(sentence),
    note: (sentence) => {
      if (!json) progress.say(sentence);
    },
  };
  const how = {
    json,
    forMs: patience * 1_000,
    // The first failures are often over before one could read of them; of a long outage, one word a minute is enough.
    onWait: (why: string, attempt: number) => {
      if (attempt % 30 === 5) progress.say(`${why}\n  trying again …`);
    },
  };
  await runWithApi(async (api) => {
    const { tally, inWords, failed } = await send(api, telling).finally(() => progress.clear());
    if (json) printJson(tally);
    else printLine(inWords);
    if (failed > 0 && (strict || failed === tally.rows)) process.exitCode = 1;
  }, how);
}

/** What strangers wrote, fit for a terminal. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '·');
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < 0) throw new InvalidArgumentError('It must be a number of seconds.');
  return value;
}

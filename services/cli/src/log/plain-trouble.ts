import { tmpdir } from 'node:os';
import { PlainProblem } from '../../../../infra/local/plain-problem.mjs';
import { CommandFailed } from '../api/command-failed.js';

/** Of the system, about files. */
const FILES: ReadonlySet<string> = new Set(['mkdtemp', 'mkdir', 'open', 'write', 'read', 'fsync', 'copyfile']);
const NO_ROOM: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
/** SQLSTATE of a disk that is full. */
const DISK_FULL = '53100';

/**
 * What is wrong with the machine that a log is read on, and not with the log, nor with us: whoever runs the command can put it right.
 * @returns undefined for anything else, which is a defect and keeps its stack trace
 */
export function plainTrouble(error: unknown): CommandFailed | undefined {
  if (error instanceof CommandFailed) return error;
  if (error instanceof PlainProblem) return new CommandFailed(error.sentence);
  const { code, syscall, path } = error as Partial<NodeJS.ErrnoException>;
  if (code === undefined || syscall === undefined || !FILES.has(syscall)) return undefined;
  if (NO_ROOM.has(code)) return noRoom(code);
  // What is written into an open file has none.
  const file = path ?? tmpdir();
  return new CommandFailed(
    `${file} cannot be written (${code}). TMPDIR names the folder for what memory has no room for.`,
    {
      file,
    },
  );
}

/** The same of a PostgreSQL that was started for the command alone. */
export function troubleOfOwnDatabase(error: unknown): CommandFailed | undefined {
  const { name, code, message } = error as Error & { readonly code?: string };
  if (name !== 'QueryFailed') return undefined;
  return code === DISK_FULL
    ? noRoom(code)
    : new CommandFailed(`The PostgreSQL that was started for it does not take what the log comes to: ${message}.`);
}

function noRoom(code: string): CommandFailed {
  const folder = tmpdir();
  const what = `No room is left in ${folder} for what memory has no room for (${code}). Make some, or set TMPDIR to another folder.`;
  return new CommandFailed(what, { file: folder });
}

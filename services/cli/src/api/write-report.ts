import { writeFileSync } from 'node:fs';
import { CommandFailed } from './command-failed.js';

/** To the file, or, where none is named, to stdout. @throws CommandFailed */
export function writeReport(file: string | undefined, report: string | Buffer): void {
  if (file === undefined) return void process.stdout.write(report);
  try {
    writeFileSync(file, report);
  } catch (error) {
    throw new CommandFailed(`${file} cannot be written (${(error as NodeJS.ErrnoException).code}).`, { file });
  }
  process.stderr.write(`${file} is written.\n`);
}

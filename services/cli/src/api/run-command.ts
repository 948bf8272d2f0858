import { CommandFailed } from './command-failed.js';
import { printJson } from './print.js';

/** How a command was asked to print. */
export interface Printing {
  readonly json?: true | undefined;
}

/**
 * Runs a command's work; what it cannot do becomes one sentence on stderr and exit code 1, and with `--json` besides
 * `{ error: { message, … } }` on stdout, so that whoever reads documents there gets one in any case. A defect of ours keeps
 * its stack trace.
 */
export async function runCommand(work: () => Promise<void>, { json }: Printing = {}): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.stderr.write(`fairlead: ${error.message}\n`);
    process.exitCode = 1;
    if (json) printJson({ error: { message: error.message, ...error.details } });
  }
}

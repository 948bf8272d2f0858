import { Api, type Patience } from './client.js';
import { CommandFailed } from './command-failed.js';
import { printJson } from './print.js';
import { apiSettings } from './settings.js';

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

/** As `runCommand`, with the API at hand. */
export async function runWithApi(
  work: (api: Api) => Promise<void>,
  { json, ...patience }: Partial<Patience> & Printing = {},
): Promise<void> {
  await runCommand(
    async () => {
      const api = new Api(apiSettings(process.env), { forMs: 0, ...patience });
      try {
        await work(api);
      } finally {
        await api.close();
      }
    },
    { json },
  );
}

import { Api, type Patience } from './client.js';
import { CommandFailed } from './command-failed.js';
import { apiSettings } from './settings.js';

/**
 * Runs a command's work; what it cannot do becomes one sentence on stderr and exit code 1. A defect of ours keeps its
 * stack trace.
 */
export async function runCommand(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    process.stderr.write(`fairlead: ${error.message}\n`);
    process.exitCode = 1;
  }
}

/** As `runCommand`, with the API at hand. */
export async function runWithApi(work: (api: Api) => Promise<void>, patience?: Patience): Promise<void> {
  await runCommand(async () => {
    const api = new Api(apiSettings(process.env), patience);
    try {
      await work(api);
    } finally {
      await api.close();
    }
  });
}

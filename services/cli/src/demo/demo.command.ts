import { Command, InvalidArgumentError } from 'commander';
import { printJson } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { apiSettings } from '../api/settings.js';
import { DataFolder } from '../start/data-folder.js';

interface DemoOptions {
  readonly leads?: number;
  readonly seed?: number;
  readonly json?: true;
}

const help = `
Needs a running system that may send webhooks to this machine, where the sample partners listen:
  fairlead start --demo                                   starts one, and plays the campaign at once
  FAIRLEAD_WEBHOOK_ALLOW=127.0.0.0/8 fairlead start       starts one that a later \`fairlead demo\` can use

Every campaign brings leads of its own. With --seed it brings the same as another time, and the system then recognises
them as already known.`;

/** `fairlead demo [--leads N] [--seed S]` */
export function demoCommand(): Command {
  return new Command('demo')
    .description('plays a sample campaign: a fictitious vendor, eight partners, some thousands of leads')
    .option('--leads <number>', 'how many leads are sent (default 3000)', whole(1, 50_000))
    .option('--seed <number>', 'which leads: the same number sends the same ones', whole(0, 4_294_967_295))
    .option('--json', 'print what came of it as JSON and nothing else')
    .addHelpText('after', help)
    .action(({ json, ...options }: DemoOptions) =>
      runCommand(async () => {
        const { Api } = await import('../api/client.js');
        const { playCampaign } = await import('./play-campaign.js');
        const { url, key: adminKey } = apiSettings(process.env);
        const dataFolder = new DataFolder(process.env).path;
        // Without patience: who forgot to start the system wants to know at once.
        const api = new Api({ url, key: adminKey });
        await api.call({ method: 'GET', path: '/v1/leads?limit=1' }).finally(() => api.close());
        const stopping = new AbortController();
        const stop = (): void => stopping.abort();
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
        try {
          const output = json && { output: { write: () => true } };
          const result = await playCampaign({
            ...{ url, adminKey, dataFolder, stopping: stopping.signal, leaveWebhooks: true },
            ...options,
            ...output,
          });
          if (json) printJson(result);
        } catch (error) {
          if (!stopping.signal.aborted) throw error;
          process.exitCode = 130;
        } finally {
          stop();
        }
      }),
    );
}

function whole(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^\d{1,10}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`It must be a whole number from ${least} to ${most}.`);
    return value;
  };
}

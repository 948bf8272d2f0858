import type { Api, Patience } from './client.js';
import { type Printing, runCommand } from './run-command.js';
import { apiSettings } from './settings.js';

/** As `runCommand`, with the API at hand. */
export async function runWithApi(
  work: (api: Api) => Promise<void>,
  { json, ...patience }: Partial<Patience> & Printing = {},
): Promise<void> {
  await runCommand(
    async () => {
      // Only here: whoever works on files alone has no HTTP client in the process.
      const { Api } = await import('./client.js');
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

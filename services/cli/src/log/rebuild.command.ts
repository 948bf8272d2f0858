import { join } from 'node:path';
import type { Verifier } from '@fairlead/transparency-log';
import { Command } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { databaseUrl } from '../start/database-url.js';
import { Counter } from './counter.js';

/** How long to wait for a system that is away in the middle of it. */
const PATIENCE_MS = 60_000;

/** `fairlead rebuild [--log DIR] [--json]` */
export function rebuildCommand(): Command {
  return new Command('rebuild')
    .description('rebuilds, from the log, what leads, offers and counts are shown from, while the system goes on')
    .option(
      '--log <dir>',
      'an export to begin from; it is brought up to date (else the whole log is fetched, and removed afterwards)',
    )
    .option('--json', 'print { leads, heldMs, seconds }')
    .addHelpText(
      'after',
      '\nWhat is rebuilt is made beside what is there, and takes its place in one moment when both have come as far. Ended at any time' +
        '\nbefore, it changes nothing. Needs the database (DATABASE_URL, or the data folder of `fairlead start`) and the running system.' +
        '\nTables are replaced: rights that others were given on them must be given again.',
    )
    .action(({ log, json }: { log?: string; json?: true }) =>
      runWithApi(
        async (api) => {
          const began = performance.now();
          const { withScratch } = await import('./with-scratch.js');
          const { leads, heldMs } = await withScratch('fairlead-rebuild-', (scratch) =>
            rebuild(api, databaseUrl(process.env), log ?? join(scratch, 'log'), scratch),
          );
          const seconds = (performance.now() - began) / 1_000;
          if (json) return printJson({ leads, heldMs, seconds });
          printLine(
            `${leads.toLocaleString('en')} leads were rebuilt from the log in ${seconds.toFixed(1)} s; ` +
              `readers and writers waited ${Math.ceil(heldMs)} ms.`,
          );
        },
        { forMs: PATIENCE_MS, json },
      ),
    );
}

async function rebuild(api: Api, database: string, folder: string, scratch: string) {
  const { CannotRebuild, rebuildReadModels } = await import('@fairlead/outcome-tracking/rebuild');
  const { exportLog } = await import('./export-log.js');
  const { fetchEntries } = await import('./fetch-entries.js');
  const { readEvent } = await import('./read-event.js');
  const { eachEntry, readEntry, verifyFolder } = await import('./verify-folder.js');
  const counter = new Counter('entries read:');
  let read = 0;
  let log: Verifier | undefined;
  try {
    return await rebuildReadModels(
      database,
      scratch,
      {
        all: async (take) => {
          await exportLog(api, folder, (done, of) => counter.show(done, of), { readModels: false });
          const verified = await verifyFolder(
            folder,
            {},
            {
              onEntries: eachEntry((entry) => take(readEvent(entry))),
              onProgress: (done, of) => counter.show(done, of),
            },
          );
          read = verified.checkpoint.size;
          log = verified.log;
        },
        more: async () => {
          const entries = log ? await fetchEntries(api, log, read) : [];
          const events = entries.map((entry, at) => readEntry(entry, read + at, readEvent));
          read += entries.length;
          return events;
        },
      },
      (stage) => process.stderr.isTTY && process.stderr.write(`\r\u001b[2K  … ${stage}\n`),
    );
  } catch (error) {
    throw error instanceof CannotRebuild ? new CommandFailed(error.message) : error;
  } finally {
    counter.clear();
  }
}

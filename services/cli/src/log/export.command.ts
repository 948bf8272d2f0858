import { Command } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { Counter } from './counter.js';

/** How long to wait for a system that is away in the middle of an export. */
const PATIENCE_MS = 60_000;

/** `fairlead export --out DIR [--json]` */
export function exportCommand(): Command {
  return new Command('export')
    .description('takes the log away as plain files, with all that is needed to verify and to replay it')
    .requiredOption('--out <dir>', 'where to; an export that is there is brought up to date')
    .option('--json', 'print { entries, fetched, checkpoints, readModels, seconds }')
    .addHelpText('after', '\nThen: fairlead verify DIR, fairlead replay DIR. Neither needs a running system.')
    .action(({ out, json }: { out: string; json?: true }) =>
      runWithApi(
        async (api) => {
          const { exportLog } = await import('./export-log.js');
          const counter = new Counter('files');
          const began = performance.now();
          const exported = await exportLog(api, out, (done, of) => counter.show(done, of)).finally(() =>
            counter.clear(),
          );
          const seconds = (performance.now() - began) / 1_000;
          if (json) return printJson({ ...exported, seconds });
          const { entries, fetched, checkpoints, readModels } = exported;
          printLine(
            `${entries.toLocaleString('en')} entries and ${checkpoints.toLocaleString('en')} checkpoints are in ${out}; ` +
              `${fetched.toLocaleString('en')} files were fetched, in ${seconds.toFixed(1)} s.`,
          );
          if (readModels !== true) printLine(`What the read models come to is not in it: ${readModels}`);
          printLine(`Now: fairlead verify ${out}`);
        },
        { forMs: PATIENCE_MS, json },
      ),
    );
}

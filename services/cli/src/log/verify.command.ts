import { Command } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runCommand } from '../api/run-command.js';
import { Counter } from './counter.js';
import type { JudgedBy } from './verify-folder.js';

/** `fairlead verify DIR [--since CHECKPOINT_FILE] [--key FILE] [--witness FILE]… [--json]` */
export function verifyCommand(): Command {
  return new Command('verify')
    .description('verifies an exported log from its files alone: needs no running system, and nobody’s word')
    .argument('<dir>', 'as `fairlead export --out DIR` wrote it')
    .option('--since <file>', 'a checkpoint that you kept: the log must still begin with all that it was then')
    .option(
      '--key <file>',
      'the log’s verifier key, from where you trust it; else verifier.key in the folder is believed',
    )
    .option(
      '--witness <file>',
      'verifier keys of witnesses whom you trust: tells how many cosigned; may be given again',
      (file: string, before: readonly string[] = []) => [...before, file],
    )
    .option('--json', 'print { entries, root, origin, checkpoints, witnesses, cosigned, seconds }')
    .addHelpText(
      'after',
      '\nWho gives you the log and its key together could have made both. Keep the key, and the checkpoints, that you got before.' +
        '\nOther tools read the same folder: infra/verify-log-go does so with Go’s own packages.',
    )
    .action((dir: string, options: JudgedBy & { json?: true }) =>
      runCommand(async () => {
        const { verifyFolder } = await import('./verify-folder.js');
        const counter = new Counter('verified');
        const began = performance.now();
        const { checkpoint, earlier, cosigned } = await verifyFolder(dir, options, {
          onProgress: (done, of) => counter.show(done, of),
        }).finally(() => counter.clear());
        const seconds = (performance.now() - began) / 1_000;
        const { origin, size, root } = checkpoint;
        const witnesses = checkpoint.witnesses.size;
        const result = {
          entries: size,
          root: root.toString('base64'),
          origin,
          checkpoints: earlier,
          witnesses,
          cosigned,
          seconds,
        };
        if (options.json) return printJson(result);
        printLine(`The log ${origin} is sound.`);
        printLine(`  ${size.toLocaleString('en')} entries, each of which its signed checkpoint covers`);
        printLine(`  root ${result.root}`);
        printLine(`  ${earlier.toLocaleString('en')} earlier checkpoints, each of a beginning of it`);
        if (options.since !== undefined) printLine('  and so is the checkpoint that you kept');
        if (options.witness !== undefined) {
          printLine(`  ${witnesses} of the witnesses that you trust, counted by key, cosigned its checkpoint`);
          for (const [at, of] of cosigned.entries())
            if (at >= witnesses)
              printLine(
                `  ${at + 1} of them that of its first ${of.toLocaleString('en')} entries, and none that is newer`,
              );
        }
        printLine(`  in ${seconds.toFixed(1)} s`);
      }, options),
    );
}

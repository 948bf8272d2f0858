import { Command } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runCommand } from '../api/run-command.js';

interface Options {
  readonly key: string;
  readonly entry?: string;
  readonly json?: true;
}

/** `fairlead receipt FILE --key FILE [--entry FILE] [--json]` */
export function receiptCommand(): Command {
  return new Command('receipt')
    .description('checks a receipt (GET /v1/leads/ID/receipt) with nothing but the log’s key: no system, and no log')
    .argument('<file>', 'the receipt')
    .requiredOption('--key <file>', 'the log’s verifier key, from where you trust it')
    .option('--entry <file>', 'the entry, byte for byte; without it the receipt’s own hash of the entry is checked')
    .option('--json', 'print { index, origin, size, leaf }')
    .addHelpText(
      'after',
      '\nA partner’s receipt has the hash of the entry that offered it the lead: the log has that entry, and no other, at that place.' +
        '\nWhat is in the entry only the entry itself shows; an auditor can hold it against the hash.',
    )
    .action((file: string, options: Options) =>
      runCommand(async () => {
        const { checkReceipt } = await import('./check-receipt.js');
        const checked = checkReceipt(file, options);
        if (options.json) return printJson(checked);
        const { index, origin, size, leaf } = checked;
        const what = options.entry === undefined ? `an entry with the hash ${leaf}` : 'this entry';
        printLine(`The log ${origin}, of ${size.toLocaleString('en')} entries, has ${what} as number ${index}.`);
      }, options),
    );
}

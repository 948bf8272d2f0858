import { Command } from 'commander';
import type { Api } from '../api/client.js';
import { CommandFailed } from '../api/command-failed.js';
import { number } from './progress.js';
import { printable, sendFile, type SendOptions, type Sent, type Telling, withSendOptions } from './send-file.js';
import { Rejections, sentence } from './rejections.js';

interface ImportOptions extends SendOptions {
  readonly source?: string;
  readonly map?: string;
  readonly history?: true;
}

const help = `
The file may be CSV (comma, semicolon or tab), NDJSON, or JSON (a list). Without --map its columns must be our fields,
or the source must have a mapping of its own. A mapping is YAML or JSON:

  columns:   { "Their column": ourField }        # what is not named here is left out
  values:    { country: { Deutschland: DE } }    # optional: their value → ours; "" means that nothing was said
  constants: { product: cloud }                  # optional: the same in every row

Our fields: externalId firstName lastName email phone company domain country region city industry employees revenue
product message consent occurredAt, and freely named engagement.* and attributes.*

Each row is answered when it is taken in, and not before: one that is rejected is told by its number, its line and why,
the others are counted in the end. The import goes on by itself when the services were restarted in the meantime, and
nothing is taken in twice; a source of which too much is rejected is refused until the next full hour (429), for which it
waits no longer than --patience. It ends with 0 when every row was answered, unless none could be used.

With --history the rows are deals that were routed and closed elsewhere, as a CRM exports them. They are counted under the
policy legacy, and nobody is told of them. Their fields, besides those of a lead:

  channel      direct, channel (the partner is in owner), or a partner's id; values.channel names all words of the file
  owner        the partner, by its id or name; of direct's own deals it is not looked at
  outcome      open, contacted, qualified, won, lost or returned     outcomeAt    when, as 2026-01-31; needed but for open
  occurredAt   when whoever worked it got it                         contactedAt, qualifiedAt    when, if it is known
  amount, currency   12500.50 and EUR, of what was won               reason, grade   as we have them, if it is known

A new deal needs externalId, channel and occurredAt; what is the same for all may be said by the mapping's constants. What a later row
or file says of the same externalId replaces what was told, what it leaves out stays, and the same file once more says nothing new.
Contact data are not taken. The source is called history, if nothing else is said. Then: fairlead trust --pool legacy

Examples:
  fairlead import leads.csv --source fair-2025 --map fair-mapping.yaml
  fairlead import deals.csv --history --map crm-history.yaml --source crm`;

const DEFAULT_HISTORY = 'history';
/** `fairlead import FILE --source ID [--map FILE] [--history] [--json]` */
export function importCommand(): Command {
  const command = new Command('import')
    .description('takes in leads, or with --history deals that were closed elsewhere, from a file: CSV, NDJSON or JSON')
    .argument('<file>', 'the file')
    .option('--source <id>', 'where they come from; a new source is made')
    .option('--map <file>', 'how the file’s columns become our fields, as YAML or JSON')
    .option('--history', 'the rows are deals that were routed and closed elsewhere');
  const tally =
    '{ rows, received, merged, held, rejected }, with --history { rows, imported, changed, known, rejected },';
  return withSendOptions(command, { tally, failing: 'rejected' })
    .addHelpText('after', help)
    .action(async (file: string, options: ImportOptions) => {
      const { source, history } = options;
      if (history) return sendFile(options, (api, telling) => sendHistory(api, telling, file, options));
      if (source === undefined) return command.error("error: required option '--source <id>' not specified");
      await sendFile(options, (api, telling) => sendLeads(api, telling, file, { ...options, source }));
    });
}

// Understanding leads needs large tables: loaded when it is needed, so that --help is not slow.
const parts = () => Promise.all([import('./rows.js'), import('./mapping-file.js'), import('./source.js')]);

async function sendLeads(
  api: Api,
  telling: Telling,
  path: string,
  { source, map }: ImportOptions & { readonly source: string },
): Promise<Sent> {
  const [[{ openFile }, { readMapping }, { findOrMakeSource }], { importFile }] = await Promise.all([
    parts(),
    import('./import-file.js'),
  ]);
  const file = await openFile(path, map === undefined ? undefined : await readMapping(map));
  const { isNew } = await findOrMakeSource(api, source, file.format);
  if (isNew) telling.say(newSource(source));
  telling.follows(file);
  tellLeftOut(telling, file.leftOut);
  const tally = await importFile(api, file, source, {
    onProgress: telling.progress,
    onRejected: (row) => telling.say(sentence(row)),
  });
  const { rows, received, merged, held, rejected } = tally;
  const inWords =
    `${number(rows)} rows: ${number(received)} received, ${number(merged)} merged, ${number(held)} held, ` +
    `${number(rejected)} rejected`;
  return { tally, inWords, failed: rejected };
}

async function sendHistory(
  api: Api,
  telling: Telling,
  path: string,
  { source: named, map }: ImportOptions,
): Promise<Sent> {
  const [[{ openFile }, { readMapping }, { findOrMakeSource }], { contactIn, importHistory, takeDeal }] =
    await Promise.all([parts(), import('./import-history.js')]);
  const mapping = map === undefined ? undefined : await readMapping(map);
  const file = await openFile(path, mapping, takeDeal);
  if (file.format === 'csv' && !mapping) throw new CommandFailed('A table of deals needs a mapping: --map FILE.');
  const source = named ?? String(mapping?.constants?.['source'] ?? DEFAULT_HISTORY);
  const { isNew } = await findOrMakeSource(api, source, file.format);
  if (isNew) telling.say(newSource(source));
  telling.follows(file);
  tellLeftOut(telling, file.leftOut);
  const contact = mapping ? contactIn(mapping) : [];
  if (contact.length > 0)
    telling.note(`Contact data are not taken from a history, and left out: ${contact.join(', ')}`);

  const rejections = new Rejections(telling);
  const tally = await importHistory(api, file, source, {
    onProgress: telling.progress,
    onRejected: (row) => rejections.tell(row),
  });
  rejections.conclude();
  const { rows, imported, changed, known, rejected } = tally;
  const inWords =
    `${number(rows)} rows: ${number(imported)} imported, ${number(changed)} changed, ${number(known)} known, ` +
    `${number(rejected)} rejected`;
  // In no other figures, so that nobody looks for them in vain.
  const figures = rows > rejected ? '\nTheir figures: npx fairlead trust --pool legacy' : '';
  return { tally, inWords: `${inWords}${figures}`, failed: rejected };
}

function newSource(source: string): string {
  return `The source ${source} is new: it has been made.`;
}

function tellLeftOut({ note }: Telling, leftOut: readonly string[]): void {
  if (leftOut.length > 0) note(`Not in the mapping, and left out: ${leftOut.map(printable).join(', ')}`);
}

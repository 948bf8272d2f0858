import { readFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { Command } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';

interface List {
  readonly name: string;
  readonly version: number;
  readonly changes: Readonly<Record<'added' | 'removed' | 'changed', number>>;
  readonly counts: Readonly<Record<'entries' | 'inForce', number>>;
}

interface PublishedList extends Omit<List, 'changes'> {
  readonly pools: readonly {
    readonly pool: string;
    readonly ceiling: number | null;
    readonly grades: readonly { readonly grade: string; readonly taken: number; readonly of: number }[];
  }[];
}

const TYPES: Readonly<Record<string, string>> = {
  '.csv': 'text/csv',
  '.tsv': 'text/csv',
  '.json': 'application/json',
  '.yaml': 'application/yaml',
  '.yml': 'application/yaml',
};

const help = `
The file replaces the list, whole or not at all: what is wrong with it is named by row and field. It may be
  CSV    with the columns domain, company, owner, from, until (comma, semicolon or tab)
  JSON   { owner, entries: [{ domain | company, owner, from, until? }] }; YAML for short lists

Example:
  fairlead accounts import strategic.csv --list emea-named --owner "Sales EMEA"`;

/** `fairlead accounts import|list` */
export function accountsCommand(): Command {
  const accounts = new Command('accounts').description('replaces and shows lists of accounts reserved for direct');

  accounts
    .command('import')
    .description('replaces a list with what is in a file: CSV, JSON or YAML')
    .argument('<file>', 'the file')
    .requiredOption('--list <name>', 'the list, as policies name it; a new one is made')
    .option('--owner <owner>', 'with CSV: who answers for the list; a new list needs it, another one keeps its own')
    .option('--json', 'print the list’s new head: { name, version, hash, owner, changes, counts, … }')
    .addHelpText('after', help)
    .action(async (file: string, { list: name, owner, json }: { list: string; owner?: string; json?: true }) => {
      await runWithApi(
        async (api) => {
          const type = TYPES[extname(file).toLowerCase()];
          if (type === undefined) throw new CommandFailed(`${file} must end in ${Object.keys(TYPES).join(', ')}.`);
          if (owner !== undefined && type !== 'text/csv') {
            throw new CommandFailed('--owner is for CSV: JSON and YAML say it themselves.');
          }
          const list = await api.call<List>({
            method: 'PUT',
            path: `/v1/named-accounts/${encodeURIComponent(name)}`,
            body: { type, text: await textOf(file) },
            ...(owner !== undefined && { headers: { 'list-owner': encodeURIComponent(owner) } }),
          });
          if (json) return printJson(list);
          const { added, removed, changed } = list.changes;
          const { entries, inForce } = list.counts;
          printLine(
            `${list.name} is at version ${list.version}: ${entries} entries, ${inForce} in force; ` +
              `against the version before ${added} added, ${removed} removed, ${changed} changed`,
          );
        },
        { json },
      );
    });

  accounts
    .command('list', { isDefault: true })
    .description('lists the lists, and how much of each grade they took')
    .option('--json', 'print { lists }')
    .action(async ({ json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const lists = await api.list<PublishedList>('/v1/named-accounts', 'lists');
          if (json) return printJson({ lists });
          printTable(
            ['LIST', 'VERSION', 'ENTRIES', 'IN FORCE', 'POOL', 'CEILING', 'TAKEN'],
            lists.flatMap(({ name, version, counts, pools }) => {
              const row = [name, String(version), String(counts.entries), String(counts.inForce)];
              if (pools.length === 0) return [[...row, '', '', '']];
              return pools.map(({ pool, ceiling, grades }) => [
                ...[...row, pool, ceiling === null ? 'not in use' : `${Math.round(ceiling * 100)} %`],
                grades.map(({ grade, taken, of }) => `${grade} ${taken} of ${of}`).join(', '),
              ]);
            }),
          );
        },
        { json },
      );
    });

  return accounts;
}

async function textOf(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new CommandFailed(`${file} cannot be read (${error.code ?? error.message}).`);
  });
}

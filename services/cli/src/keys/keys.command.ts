import { Command, Option } from 'commander';
import { printJson, printLine, printTable } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { rotateCommand } from './rotate.command.js';

interface Key {
  readonly id: string;
  readonly name: string;
  readonly role: string;
  readonly partner?: string | null;
  readonly source?: string | null;
  readonly createdAt?: string;
  readonly revokedAt?: string | null;
}

interface CreateOptions {
  readonly json?: true;
  readonly role: string;
  readonly name?: string;
  readonly partner?: string;
  readonly source?: string;
}

const ROLES = ['admin', 'manager', 'source', 'partner', 'auditor'];

/** `fairlead keys create|list|revoke|rotate` */
export function keysCommand(): Command {
  const keys = new Command('keys').description('makes, lists and revokes API keys; rotates the master key');

  keys
    .command('create')
    .description('makes a key, and shows it this once')
    .addOption(new Option('--role <role>', 'what the key may do').choices(ROLES).makeOptionMandatory())
    .option(
      '--name <name>',
      'what it is for, so that it is recognised when it is to be revoked; else its role and owner',
    )
    .option('--partner <id>', 'the partner that a partner key speaks for (`direct`: the vendor’s own sales)')
    .option('--source <id>', 'the source that a source key speaks for')
    .option('--json', 'print { id, key }')
    .addHelpText('after', '\nExample:\n  fairlead keys create --role partner --partner acme --name "Acme’s CRM"')
    .action(async ({ json, ...asked }: CreateOptions) => {
      await runWithApi(
        async (api) => {
          const { role, partner, source, name = [role, partner ?? source ?? []].flat().join(' ') } = asked;
          const text = JSON.stringify({ role, partner, source, name });
          const created = await api.call<{ id: string; key: string }>({
            method: 'POST',
            path: '/v1/keys',
            body: { type: 'application/json', text },
          });
          if (json) return printJson(created);
          printLine(created.key);
          process.stderr.write(`This is the key ${created.id}. It is not shown again.\n`);
        },
        { json },
      );
    });

  keys
    .command('list', { isDefault: true })
    .description('lists keys, without their secrets')
    .option('--json', 'print { keys }')
    .action(async ({ json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          const all = await api.list<Key>('/v1/keys', 'keys');
          if (json) return printJson({ keys: all });
          printTable(
            ['ID', 'ROLE', 'FOR', 'NAME', 'MADE', 'REVOKED'],
            all.map(({ id, role, partner, source, name, createdAt, revokedAt }) => {
              return [id, role, partner ?? source ?? '', name, createdAt ?? '', revokedAt ?? ''];
            }),
          );
        },
        { json },
      );
    });

  keys
    .command('revoke')
    .description('makes a key invalid, for good')
    .argument('<id>', 'as `fairlead keys list` shows it')
    .option('--json', 'print { revoked }')
    .action(async (id: string, { json }: { json?: true }) => {
      await runWithApi(
        async (api) => {
          await api.call({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}` });
          if (json) return printJson({ revoked: id });
          printLine(`The key ${id} is revoked, and refused within five seconds.`);
        },
        { json },
      );
    });

  return keys.addCommand(rotateCommand());
}

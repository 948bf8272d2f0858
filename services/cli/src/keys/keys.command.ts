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
  readonly lastUsed?: string | null;
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
          // A partner's under that partner, where it may make them itself.
          const isPartners = role === 'partner' && partner !== undefined;
          const created = await api.call<{ id: string; key: string }>({
            method: 'POST',
            path: keysOf(isPartners ? partner : undefined),
            body: {
              type: 'application/json',
              text: JSON.stringify(isPartners ? { name, source } : { role, partner, source, name }),
            },
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
    .option('--partner <id>', 'those of one partner; with its own key, too')
    .option('--json', 'print { keys }')
    .action(async ({ json, partner }: { json?: true; partner?: string }) => {
      await runWithApi(
        async (api) => {
          const all = await api.list<Key>(keysOf(partner), 'keys');
          if (json) return printJson({ keys: all });
          printTable(
            ['ID', 'ROLE', 'FOR', 'NAME', 'MADE', 'LAST USED', 'REVOKED'],
            all.map(({ id, role, partner, source, name, createdAt, lastUsed, revokedAt }) => {
              return [id, role, partner ?? source ?? '', name, createdAt ?? '', lastUsed ?? '', revokedAt ?? ''];
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
    .option('--partner <id>', 'one of this partner; with its own key, too')
    .option('--json', 'print { revoked }')
    .action(async (id: string, { json, partner }: { json?: true; partner?: string }) => {
      await runWithApi(
        async (api) => {
          await api.call({ method: 'DELETE', path: `${keysOf(partner)}/${encodeURIComponent(id)}` });
          if (json) return printJson({ revoked: id });
          printLine(`The key ${id} is revoked, and refused within five seconds.`);
        },
        { json },
      );
    });

  return keys.addCommand(rotateCommand());
}

/** A partner's own key reaches those of its partner, and no others. */
function keysOf(partner: string | undefined): string {
  return partner === undefined ? '/v1/keys' : `/v1/partners/${encodeURIComponent(partner)}/keys`;
}

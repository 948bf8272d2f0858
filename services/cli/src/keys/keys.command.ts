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
  readonly madeBy?: string | null;
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
            ['ID', 'ROLE', 'FOR', 'NAME', 'MADE', 'WITH', 'LAST USED', 'REVOKED'],
            all.map(({ id, role, partner, source, name, createdAt, madeBy, lastUsed, revokedAt }) => [
              ...[id, role, partner ?? source ?? '', name],
              ...[createdAt ?? '', madeBy ?? '', lastUsed ?? '', revokedAt ?? ''],
            ]),
          );
        },
        { json },
      );
    });

  keys
    .command('revoke')
    .description('makes a key invalid, for good')
    .argument('<id>', 'as `fairlead keys list` shows it')
    .option(
      '--with-made',
      'and all that were made with it, directly or through others: what to do when it has got about',
    )
    .option('--partner <id>', 'one of this partner; with its own key, too')
    .option('--json', 'print { revoked, keys? }; `keys` is how many, with --with-made')
    .addHelpText(
      'after',
      `
Whoever has got at a key may have made more with it, which stay valid when it alone is revoked. With --with-made they go, too, also
when the key itself is revoked already. Then look through \`fairlead keys list\`, which says with which key each was made.

Example:
  fairlead keys revoke 0123456789abcdef --with-made`,
    )
    .action(async (id: string, { json, partner, withMade }: { json?: true; partner?: string; withMade?: true }) => {
      await runWithApi(
        async (api) => {
          const path = `${keysOf(partner)}/${encodeURIComponent(id)}`;
          if (!withMade) {
            await api.call({ method: 'DELETE', path });
            if (json) return printJson({ revoked: id });
            return printLine(`The key ${id} is revoked, and refused within five seconds.`);
          }
          const { revoked } = await api.call<{ revoked: number }>({ method: 'DELETE', path: `${path}?withMade=true` });
          if (json) return printJson({ revoked: id, keys: revoked });
          printLine(`The key ${id} and all that were made with it are revoked, and refused within five seconds.`);
          printLine(`${revoked} of them ${revoked === 1 ? 'was' : 'were'} valid until now.`);
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

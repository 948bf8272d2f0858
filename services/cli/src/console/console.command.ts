import { Command, Option } from 'commander';
import { CommandFailed } from '../api/command-failed.js';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';
import { apiSettings } from '../api/settings.js';
import { entryLink, type Whom } from './entry-link.js';

interface Options {
  readonly json?: true;
  readonly role?: Whom['role'];
  readonly partner?: string;
}

/** `fairlead console` */
export function consoleCommand(): Command {
  return new Command('console')
    .description('makes a link that opens the console in a browser, once')
    .addOption(
      new Option('--role <role>', 'for somebody else: what they may see').choices([
        'admin',
        'manager',
        'partner',
        'auditor',
      ]),
    )
    .option('--partner <id>', 'the partner that a partner’s link is for')
    .option('--json', 'print { url, endsAt }')
    .addHelpText(
      'after',
      `
Without --role it is in the name of the key that this command uses. For others a key is made with it, named "console …", which
stands behind all links of that role; withdrawing either (fairlead keys revoke) ends their sessions.

Examples:
  fairlead console
  fairlead console --role partner --partner acme`,
    )
    .action(async ({ json, role, partner }: Options) => {
      await runWithApi(
        async (api) => {
          if ((role === 'partner') !== (partner !== undefined))
            throw new CommandFailed(
              '--role partner and --partner ID go together: a partner’s link shows that partner’s view.',
            );
          const { path, endsAt } = await entryLink(api, role && { role, partner });
          const url = new URL(path, apiSettings(process.env).url).href;
          if (json) return printJson({ url, endsAt });
          printLine(url);
          process.stderr.write(`It opens the console once, until ${endsAt.slice(0, 16).replace('T', ' ')} UTC.\n`);
        },
        { json },
      );
    });
}

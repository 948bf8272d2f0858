import { Command } from 'commander';
import { printJson, printLine } from '../api/print.js';
import { runWithApi } from '../api/run-with-api.js';

interface Explanation {
  readonly grade: string | null;
  readonly decisions: readonly {
    readonly at: number;
    readonly pool: string;
    readonly poolSeq: number;
    readonly policy: string;
    readonly outcome: string;
    readonly to?: string;
    readonly because: readonly string[];
    readonly party?: { readonly party: string; readonly because: readonly string[] };
  }[];
}

/** `fairlead explain LEAD [--partner ID] [--json]` */
export function explainCommand(): Command {
  return new Command('explain')
    .description('says why a lead went where it went, and why a partner got it or did not')
    .argument('<lead>', 'the lead’s id')
    .option('--partner <id>', 'the party in question: a partner, or direct')
    .option('--json', 'print the explanation as the API answers it')
    .addHelpText('after', '\nWith a partner’s key it speaks of that partner, and names no other.')
    .action(async (lead: string, { partner, json }: { partner?: string; json?: true }) => {
      await runWithApi(
        async (api) => {
          const query = partner === undefined ? '' : `?partner=${encodeURIComponent(partner)}`;
          const path = `/v1/leads/${encodeURIComponent(lead)}/explanation${query}`;
          const explanation = await api.call<Explanation>({ method: 'GET', path });
          if (json) return printJson(explanation);
          printLine(`Lead ${lead}, ${explanation.grade === null ? 'without a grade' : `grade ${explanation.grade}`}`);
          for (const { at, pool, poolSeq, policy, outcome, to, because, party } of explanation.decisions) {
            const fate = outcome === 'routed' ? `offered to ${to}` : 'offered to nobody';
            printLine(`\n${new Date(at).toISOString()}  ${fate}  (policy ${policy}, decision ${pool}/${poolSeq})`);
            for (const sentence of [...because, ...(party?.because ?? [])]) printLine(`  ${sentence}`);
          }
          if (explanation.decisions.length === 0) printLine('\nNothing was decided about it yet.');
        },
        { json },
      );
    });
}

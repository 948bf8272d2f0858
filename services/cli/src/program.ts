import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import { accountsCommand } from './accounts/accounts.command.js';
import { benchCommand } from './bench/bench.command.js';
import { consoleCommand } from './console/console.command.js';
import { gatewayCommand } from './gateway/gateway.command.js';
import { demoCommand } from './demo/demo.command.js';
import { deliveriesCommand } from './deliveries/deliveries.command.js';
import { importCommand } from './import/import.command.js';
import { eraseCommand } from './erase/erase.command.js';
import { exportCommand } from './log/export.command.js';
import { rebuildCommand } from './log/rebuild.command.js';
import { receiptCommand } from './log/receipt.command.js';
import { replayCommand } from './log/replay.command.js';
import { whatIfCommand } from './log/what-if.command.js';
import { verifyCommand } from './log/verify.command.js';
import { explainCommand } from './lead/explain.command.js';
import { timelineCommand } from './lead/timeline.command.js';
import { outcomesCommand } from './outcomes/outcomes.command.js';
import { keysCommand } from './keys/keys.command.js';
import { parkedCommand } from './parked/parked.command.js';
import { policiesCommand } from './policies/policies.command.js';
import { scoreCommand } from './score/score.command.js';
import { scorecardCommand } from './scorecard/scorecard.command.js';
import { simulateCommand } from './simulate/simulate.command.js';
import { sourcesCommand } from './sources/sources.command.js';
import { startCommand } from './start/start.command.js';
import { trustCommand } from './trust/trust.command.js';

/**
 * The `fairlead` command. One line for each of its commands; what a command needs beyond its options it imports when it runs, so
 * that `--help` is quick.
 */
export function fairleadProgram(): Command {
  return (
    new Command('fairlead')
      .description('Distributes leads to direct sales and channel partners under one published policy, and proves it.')
      .version(version(), '-V, --version', 'print which version this is')
      // Behind a command, --version is the command's own: that of a policy.
      .enablePositionalOptions()
      .showHelpAfterError('(fairlead --help tells more)')
      .addCommand(startCommand())
      .addCommand(importCommand())
      .addCommand(outcomesCommand())
      .addCommand(accountsCommand())
      .addCommand(policiesCommand())
      .addCommand(keysCommand())
      .addCommand(consoleCommand())
      .addCommand(explainCommand())
      .addCommand(timelineCommand())
      .addCommand(eraseCommand())
      .addCommand(exportCommand())
      .addCommand(verifyCommand())
      .addCommand(receiptCommand())
      .addCommand(replayCommand())
      .addCommand(rebuildCommand())
      .addCommand(whatIfCommand())
      .addCommand(trustCommand())
      .addCommand(scoreCommand())
      .addCommand(simulateCommand())
      .addCommand(sourcesCommand())
      .addCommand(scorecardCommand())
      .addCommand(demoCommand())
      .addCommand(parkedCommand())
      .addCommand(deliveriesCommand())
      .addCommand(gatewayCommand())
      .addCommand(benchCommand())
  );
}

function version(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

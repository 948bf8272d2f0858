import { Command } from 'commander';
import { runCommand } from '../api/run-command.js';

/** `fairlead gateway` */
export function gatewayCommand(): Command {
  return new Command('gateway')
    .description('one address for services that run apart: forwards each request to the service whose it is')
    .addHelpText(
      'after',
      '\nListens on FAIRLEAD_HOST and FAIRLEAD_PORT. FAIRLEAD_GATEWAY_TARGET says where a service is reached' +
        '\n(http://{service}:8080). It holds no key and no state; run as many as you like.',
    )
    .action(() =>
      runCommand(async () => {
        const { runGateway } = await import('./run-gateway.js');
        await runGateway(process.env);
      }),
    );
}

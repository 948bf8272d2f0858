import { ConfigurationError, Environment, PinoLogger, readTrustedProxies } from '@fairlead/platform';
import { Logger } from '@nestjs/common';
import { CommandFailed } from '../api/command-failed.js';
import { serviceNames } from '../services.js';
import { createGateway } from './gateway.js';
import { targetOf } from './target.js';

/** Below the time that an orchestrator gives before it kills. */
const STOP_WITHIN_MS = 10_000;

interface Settings {
  readonly host: string;
  readonly port: number;
  readonly target: string;
  readonly trustedProxies: readonly string[];
}

/** Runs until a signal. */
export async function runGateway(env: NodeJS.ProcessEnv): Promise<void> {
  const { host, port, target, trustedProxies } = readSettings(env);
  const gateway = createGateway(serviceNames, targetOf(target), trustedProxies);
  let stopping = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (stopping) return;
      stopping = true;
      setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
      void gateway.close().then(() => process.exit(0));
    });
  const url = await gateway.listen({ host, port });
  new Logger('gateway').log({ event: 'started', url, services: serviceNames });
}

function readSettings(env: NodeJS.ProcessEnv): Settings {
  const environment = new Environment(env);
  const host = environment.text('FAIRLEAD_HOST', { default: '127.0.0.1' });
  const port = environment.integer('FAIRLEAD_PORT', { default: 8080, min: 0, max: 65_535 });
  const target = environment.text('FAIRLEAD_GATEWAY_TARGET', {
    default: 'http://{service}:8080',
    pattern: /^https?:\/\/[a-z0-9.-]*\{service\}[a-z0-9.-]*(:\d{1,5})?$/,
    shape: 'an address with {service} in its host name, such as http://{service}:8080',
  });
  const trustedProxies = readTrustedProxies(environment);
  const level = environment.oneOf('FAIRLEAD_LOG_LEVEL', ['error', 'warn', 'info', 'debug'], { default: 'info' });
  const format = environment.oneOf('FAIRLEAD_LOG_FORMAT', ['json', 'readable'], {
    default: process.stdout.isTTY ? 'readable' : 'json',
  });
  try {
    environment.refuseProblems();
  } catch (error) {
    throw error instanceof ConfigurationError ? new CommandFailed(error.message) : error;
  }
  Logger.overrideLogger(new PinoLogger({ level, format }));
  return { host, port, target, trustedProxies };
}

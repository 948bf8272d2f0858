import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startKafka } from '../../../../infra/local/kafka.mjs';
import { startPostgres } from '../../../../infra/local/postgres.mjs';
import { DataFolder } from '../start/data-folder.js';
import { ServiceLog } from '../start/service-log.js';
import { startServicesProcess } from '../start/services-process.js';
import { serviceNames } from '../services.js';

export interface Receiver {
  readonly origin: string;
  ask<T>(question: 'count' | 'arrivals'): Promise<T>;
  stop(): void;
}

export interface Stack {
  readonly url: string;
  readonly adminKey: string;
  readonly databaseUrl: string;
  readonly keysDatabaseUrl: string;
  readonly masterKeyFile: string;
  readonly brokers: readonly string[];
  readonly receiver: Receiver;
  /** Stops the services, which writes the profile where they are profiled; answers its folder. */
  stopServices(): Promise<string>;
  /** Stops the rest and removes the data. */
  close(): Promise<void>;
}

/** A complete system of its own, durable as in production, on throw-away data: nothing that runs elsewhere is touched. */
export async function startStack(
  onError: (text: string) => void,
  services: readonly string[] = serviceNames,
  { profiled = true }: { readonly profiled?: boolean } = {},
): Promise<Stack> {
  const folder = new DataFolder({ FAIRLEAD_DATA_DIR: mkdtempSync(join(tmpdir(), 'fairlead-bench-')) });
  folder.make();
  const profiles = folder.in('profiles');
  mkdirSync(profiles);
  const [postgres, kafka, receiver] = await Promise.all([
    startPostgres({ dir: folder.in('postgres'), databases: ['fairlead', 'fairlead_keys'] }),
    startKafka({ dir: folder.in('kafka') }),
    startReceiver(),
  ]);
  const stopServers = async (): Promise<void> => {
    receiver.stop();
    await Promise.all([kafka.stop(), postgres.stop()]);
    rmSync(folder.path, { recursive: true, force: true });
  };
  const databaseUrl = postgres.urls['fairlead'] ?? '';
  const keysDatabaseUrl = postgres.urls['fairlead_keys'] ?? '';
  const adminKey = folder.adminKey();
  const isFirst = () => Promise.resolve(true); // the folder begins and ends here
  const masterKeyFile = await folder.masterKeyFile(isFirst);
  const log = new ServiceLog(folder.in('services.log'), onError);
  const starting = startServicesProcess(
    services,
    {
      ...process.env,
      ...(profiled && { NODE_OPTIONS: `--cpu-prof --cpu-prof-dir=${profiles}` }),
      DATABASE_URL: databaseUrl,
      KEYS_DATABASE_URL: keysDatabaseUrl,
      KAFKA_BROKERS: kafka.brokers,
      FAIRLEAD_PORT: '0',
      FAIRLEAD_ADMIN_KEY: adminKey,
      FAIRLEAD_MASTER_KEY_FILE: masterKeyFile,
      FAIRLEAD_LOG_KEY_FILE: await folder.logKeyFile(isFirst),
      FAIRLEAD_LOG_DIR: folder.in('log'),
      FAIRLEAD_WEBHOOK_ALLOW: '127.0.0.0/8',
      FAIRLEAD_LOG_FORMAT: 'json',
    },
    folder.in('services.pid.json'),
    log,
  );
  const running = await starting.catch(async (error: unknown) => {
    await stopServers();
    throw error;
  });
  return {
    url: running.url,
    adminKey,
    databaseUrl,
    keysDatabaseUrl,
    masterKeyFile,
    brokers: kafka.brokers.split(','),
    receiver,
    stopServices: async () => {
      await running.stop();
      return profiles;
    },
    close: async () => {
      await running.stop();
      await stopServers();
    },
  };
}

async function startReceiver(): Promise<Receiver> {
  const script = fileURLToPath(
    new URL(import.meta.url.endsWith('.ts') ? './receiver.ts' : './receiver.js', import.meta.url),
  );
  const child: ChildProcess = fork(script, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    origin: `http://127.0.0.1:${port}`,
    ask: async <T>(question: 'count' | 'arrivals') => {
      child.send({ ask: question });
      const [answer] = (await once(child, 'message')) as [T];
      return answer;
    },
    stop: () => child.disconnect(),
  };
}

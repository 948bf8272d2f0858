import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Environment, ReadinessProbes } from '@fairlead/platform';
import { MigrationWatch, queryOf } from '@fairlead/persistence';
import { MasterKeyUnusable } from './errors.js';
import { openKeyDatabase } from './key-database.js';
import { LeadKeysStore } from './lead-keys.store.js';
import { refuseAnotherMasterKey } from './master-key-in-force.js';
import { readMasterKeyFile } from './master-keys.js';
import { MissingKeys } from './missing-keys.js';
import { PersonalData } from './personal-data.js';

export interface PersonalDataSettings {
  readonly databaseUrl: string;
  readonly keysDatabaseUrl: string | undefined;
  readonly masterKeyFile: string;
}

const POSTGRES = { protocols: ['postgres', 'postgresql'] };

/** For a service's `settings`, so that what is wrong here is named together with everything else. */
export function readPersonalDataSettings(environment: Environment): PersonalDataSettings {
  const masterKeyFile = environment.text('FAIRLEAD_MASTER_KEY_FILE');
  // The message below shows the path, which must then be one.
  if (/[A-Za-z0-9+/]{43}=/.test(masterKeyFile))
    environment.refuse('FAIRLEAD_MASTER_KEY_FILE', 'must name the file with the key, not hold the key');
  else if (masterKeyFile !== '') refuseUnusable(environment, masterKeyFile);
  return {
    databaseUrl: environment.url('DATABASE_URL', POSTGRES),
    keysDatabaseUrl: environment.optionalUrl('KEYS_DATABASE_URL', POSTGRES),
    masterKeyFile,
  };
}

function refuseUnusable(environment: Environment, masterKeyFile: string): void {
  try {
    readMasterKeyFile(masterKeyFile);
  } catch (error) {
    if (!(error instanceof MasterKeyUnusable)) throw error;
    environment.refuse('FAIRLEAD_MASTER_KEY_FILE', error.message);
  }
}

/**
 * `PersonalData` and the connections behind it. Also for processes without Nest.
 * @throws MasterKeyUnusable that says what to do
 */
export async function openPersonalData(
  settings: PersonalDataSettings,
  watch?: MigrationWatch,
): Promise<{
  personalData: PersonalData;
  missing: MissingKeys;
  ping: () => Promise<unknown>;
  close: () => Promise<void>;
}> {
  const master = readMasterKeyFile(settings.masterKeyFile);
  const dataSource = await openKeyDatabase(settings, watch);
  const query = queryOf(dataSource);
  try {
    await refuseAnotherMasterKey(query, master, settings.masterKeyFile);
  } catch (error) {
    await dataSource.destroy();
    throw error;
  }
  const missing = new MissingKeys();
  const personalData = new PersonalData(new LeadKeysStore(query, master), master, Date.now, missing);
  return { personalData, missing, ping: () => query('SELECT 1'), close: () => dataSource.destroy() };
}

const OPENED = Symbol('opened personal data');
type Opened = Awaited<ReturnType<typeof openPersonalData>>;

/** Provides `PersonalData`. All services of a process share one, and with it one pool and one cache. */
@Module({})
export class PersonalDataModule implements OnApplicationShutdown {
  constructor(
    @Inject(OPENED) private readonly opened: Opened,
    probes: ReadinessProbes,
  ) {
    probes.add('key database', async () => {
      await opened.ping();
      return undefined;
    });
    // No reason to take the process out of service: everything about other leads works.
    probes.remark('personal data', () => opened.missing.remark());
  }

  static register(): DynamicModule {
    return shared;
  }

  async onApplicationShutdown(): Promise<void> {
    await this.opened.close();
  }
}

/** One object: Nest takes every other description for another module. */
const shared: DynamicModule = {
  module: PersonalDataModule,
  providers: [
    {
      provide: OPENED,
      inject: [Environment, MigrationWatch],
      useFactory: async (environment: Environment, watch: MigrationWatch): Promise<Opened> => {
        const settings = readPersonalDataSettings(environment);
        environment.refuseProblems();
        try {
          return await openPersonalData(settings, watch);
        } catch (error) {
          if (!(error instanceof MasterKeyUnusable)) throw error;
          environment.refuse('FAIRLEAD_MASTER_KEY_FILE', error.message);
          environment.refuseProblems();
          throw error;
        }
      },
    },
    { provide: PersonalData, inject: [OPENED], useFactory: ({ personalData }: Opened) => personalData },
  ],
  exports: [PersonalData],
};

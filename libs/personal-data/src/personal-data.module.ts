import { type DynamicModule, Inject, Module, type OnApplicationShutdown } from '@nestjs/common';
import { Environment } from '@fairlead/platform';
import { queryOf } from '@fairlead/persistence';
import { openKeyDatabase } from './key-database.js';
import { LeadKeysStore } from './lead-keys.store.js';
import { readMasterKeyFile } from './master-keys.js';
import { PersonalData } from './personal-data.js';

export interface PersonalDataSettings {
  readonly databaseUrl: string;
  readonly keysDatabaseUrl: string | undefined;
  readonly masterKeyFile: string;
}

const POSTGRES = { protocols: ['postgres', 'postgresql'] };

/** For a service's `settings`, so that what is wrong here is named together with everything else. */
export function readPersonalDataSettings(environment: Environment): PersonalDataSettings {
  return {
    databaseUrl: environment.url('DATABASE_URL', POSTGRES),
    keysDatabaseUrl: environment.optionalUrl('KEYS_DATABASE_URL', POSTGRES),
    masterKeyFile: environment.text('FAIRLEAD_MASTER_KEY_FILE'),
  };
}

/** `PersonalData` and the connections behind it. Also for processes without Nest. */
export async function openPersonalData(
  settings: PersonalDataSettings,
): Promise<{ personalData: PersonalData; close: () => Promise<void> }> {
  const master = readMasterKeyFile(settings.masterKeyFile);
  const dataSource = await openKeyDatabase(settings);
  const personalData = new PersonalData(new LeadKeysStore(queryOf(dataSource), master), master);
  return { personalData, close: () => dataSource.destroy() };
}

const OPENED = Symbol('opened personal data');
type Opened = Awaited<ReturnType<typeof openPersonalData>>;

/** Provides `PersonalData`. All services of a process share one, and with it one pool and one cache. */
@Module({})
export class PersonalDataModule implements OnApplicationShutdown {
  constructor(@Inject(OPENED) private readonly opened: Opened) {}

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
      inject: [Environment],
      useFactory: async (environment: Environment): Promise<Opened> => {
        const settings = readPersonalDataSettings(environment);
        environment.refuseProblems();
        return openPersonalData(settings);
      },
    },
    { provide: PersonalData, inject: [OPENED], useFactory: ({ personalData }: Opened) => personalData },
  ],
  exports: [PersonalData],
};

import { readPersonalDataSettings } from '@fairlead/personal-data';
import type { ServiceDefinition } from '@fairlead/platform';
import { readIngestionSettings } from './config.js';
import { IngestionModule, migrations } from './ingestion.module.js';

/** Takes leads in: usable or not, new or known, complete or held. */
export const ingestion: ServiceDefinition = {
  name: 'ingestion',
  module: IngestionModule,
  migrations,
  topics: ['control', 'lifecycle'],
  settings: (environment) => {
    readPersonalDataSettings(environment);
    readIngestionSettings(environment);
  },
};

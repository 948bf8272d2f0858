import { readPersonalDataSettings } from '@fairlead/personal-data';
import type { ServiceDefinition } from '@fairlead/platform';
import { migrations, OutcomeTrackingModule } from './outcome-tracking.module.js';

/** Follows what becomes of every lead, takes the answers of partners and direct, and counts both sides alike. */
export const outcomeTracking: ServiceDefinition = {
  name: 'outcome-tracking',
  module: OutcomeTrackingModule,
  migrations,
  topics: ['lifecycle', 'control'],
  settings: readPersonalDataSettings,
};

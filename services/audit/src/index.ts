import type { ServiceDefinition } from '@fairlead/platform';
import { AuditModule, migrations } from './audit.module.js';
import { readSettings } from './config.js';

/** Keeps every event in a log that anybody can verify. */
export const audit: ServiceDefinition = {
  name: 'audit',
  module: AuditModule,
  migrations,
  topics: ['lifecycle', 'control'],
  settings: readSettings,
};

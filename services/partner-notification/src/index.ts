import type { ServiceDefinition } from '@fairlead/platform';
import { readSettings } from './config.js';
import { MIGRATIONS, NAME, PartnerNotificationModule } from './partner-notification.module.js';

export const partnerNotification: ServiceDefinition = {
  name: NAME,
  module: PartnerNotificationModule,
  migrations: MIGRATIONS,
  topics: ['lifecycle'],
  settings: readSettings,
};

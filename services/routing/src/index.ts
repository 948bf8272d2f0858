import type { ServiceDefinition } from '@fairlead/platform';
import { readRoutingSettings } from './config.js';
import { migrations, RoutingModule } from './routing.module.js';

/** Decides who is offered a lead, and why not the others. */
export const routing: ServiceDefinition = {
  name: 'routing',
  module: RoutingModule,
  migrations,
  topics: ['lifecycle'],
  settings: (environment) => void readRoutingSettings(environment),
};

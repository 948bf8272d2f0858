import type { ServiceDefinition } from '@fairlead/platform';
import { migrations, ScoringModule } from './scoring.module.js';

/** Judges how good a lead is, and says why. */
export const scoring: ServiceDefinition = {
  name: 'scoring',
  module: ScoringModule,
  migrations,
  topics: ['lifecycle'],
};

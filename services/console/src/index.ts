import type { ServiceDefinition } from '@fairlead/platform';
import { ConsoleModule } from './console.module.js';

/** The page for people, and their sessions. It wakes on requests alone, and has nothing of its own in any database. */
export const console: ServiceDefinition = { name: 'console', module: ConsoleModule, topics: [] };

// at services/cli/src/main.ts
import * as embedded from '../../../infra/local/postgres.mjs';
import * as byPath from '../../routing/src/index.js'; // ✗ @nx/enforce-module-boundaries
import { Kafka } from 'kafkajs'; // ✗ no-restricted-imports
import { Client } from 'pg'; // ✗ no-restricted-imports

console.log('the command line is what prints');
export const routing = () => import('@fairlead/routing');
export { byPath, Client, embedded, Kafka };

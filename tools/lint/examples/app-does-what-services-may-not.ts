// at services/cli/src/index.ts
import * as routing from '@fairlead/routing';
import * as scoring from '@fairlead/scoring';
import { Kafka } from 'kafkajs'; // ✗ no-restricted-imports
import { Client } from 'pg'; // ✗ no-restricted-imports

console.log('the command line is what prints');
export { Client, Kafka, routing, scoring };

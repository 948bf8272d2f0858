// at libs/persistence/src/index.ts
import { Client } from 'pg';
import { Kafka } from 'kafkajs'; // ✗ no-restricted-imports

export { Client, Kafka };

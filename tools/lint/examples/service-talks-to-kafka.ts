// at services/routing/src/index.ts
import { Kafka } from 'kafkajs'; // ✗ no-restricted-imports
import { ServerKafka } from '@nestjs/microservices'; // ✗ no-restricted-imports

export const lazily = () => import('kafkajs'); // ✗ no-restricted-syntax
export { Kafka, ServerKafka };

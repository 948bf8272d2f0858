export { BatchConsumer, consumerId, mixed, overtaking, unhurried } from './batch-consumer.js';
export { Clock } from './clock.js';
export { CONNECTIONS, SERVICE, type Connections, type MessagingService } from './connections.js';
export { crashPoint, crashPoints, type CrashPoint } from './crash-point.js';
export {
  headersOf,
  Kafka,
  type KafkaSettings,
  type PartitionRecords,
  type ReceivedRecord,
  type RecordConsumer,
  type RecordToSend,
} from './kafka.js';
export { connectConsumer, createTopics, MessagingModule } from './messaging.module.js';
export { Parking, type ParkedEvent, type Record as ParkedRecord, type Redriven, type RedrivenBy } from './parking.js';
export { ReadRefused, Reads } from './reads.js';
export { type Reading, RecordReader } from './record-reader.js';
export { Relay } from './relay.js';
export { type OpenUnit, UnitsOfWork, type UnitOfWork } from './unit-of-work.js';
export { classOf, Unprocessable } from './unprocessable.js';

import type { Topic } from '@fairlead/events';
import type { KafkaSettings } from './kafka.js';

/** Where the servers are: the same for all services of a process. */
export interface Connections {
  readonly databaseUrl: string;
  readonly kafka: KafkaSettings;
  /** `fairlead.`: topics of several installations can share one cluster. */
  readonly topicPrefix: string;
}

/** Injection token of the process's `Connections`; a global module provides it. */
export const CONNECTIONS = Symbol('fairlead connections');

/** Whose messages these are: consumer group, database schema and metric label are named after it. */
export interface MessagingService {
  /** `partner-notification` */
  readonly name: string;
  /** `partner_notification` */
  readonly schema: string;
  readonly migrations: URL;
  /** What its consumer reads. */
  readonly topics: readonly Topic[];
  /** Nobody waits for what it does: it reads at most this often, and then more at once. Milliseconds; 0 when not given. */
  readonly gatherMs?: number | undefined;
}

/** Injection token of the `MessagingService` that a module's messaging belongs to. */
export const SERVICE = Symbol('fairlead service');

import type { Environment } from '@fairlead/platform';
import { type OutgoingSettings, readOutgoing, readRetryScale } from '@fairlead/platform/outgoing';

/** Of what leaves, what webhooks only name is asked for, and sources are told what became of their leads. */
export interface IngestionSettings extends OutgoingSettings {
  /** Intake stops at this many events that Kafka has not yet taken. */
  readonly maxUnpublished: number;
  /** Factor on the waits between attempts to ask. */
  readonly retryScale: number;
  /** How senders spell our address, without a slash at the end; undefined: as each request says. */
  readonly publicUrl: string | undefined;
  /** Entries that the log gets of one source within an hour, of rows that are no leads. */
  readonly maxRejectedPerHour: number;
  /** How long what became of leads is kept for their sources. */
  readonly feedbackRetentionMs: number;
}

const DAY_MS = 86_400_000;

export const INGESTION_SETTINGS = Symbol('settings of ingestion');

export function readIngestionSettings(environment: Environment): IngestionSettings {
  return {
    // Half a million events are about a gigabyte of outbox: hours without Kafka at the pace of most vendors, and far from
    // filling the database's disk, which would stop everything instead of intake alone.
    maxUnpublished: environment.integer('FAIRLEAD_MAX_UNPUBLISHED', { default: 500_000, min: 1, max: 100_000_000 }),
    ...readOutgoing(environment),
    retryScale: readRetryScale(environment),
    publicUrl: environment.optionalUrl('FAIRLEAD_PUBLIC_URL', { protocols: ['http', 'https'] })?.replace(/\/+$/, ''),
    // 10,000 are an import of three million rows an hour of which a few in each hundred are wrong; and, day and night, 100 MB of log.
    maxRejectedPerHour: environment.integer('FAIRLEAD_MAX_REJECTED_PER_HOUR', {
      default: 10_000,
      min: 1,
      max: 10_000_000,
    }),
    // A quarter: somebody who was away comes back to all of it. At least a week, which is twice what the last attempt of any takes.
    feedbackRetentionMs: environment.durationMs('FAIRLEAD_FEEDBACK_RETENTION', {
      default: 90 * DAY_MS,
      min: 7 * DAY_MS,
    }),
  };
}

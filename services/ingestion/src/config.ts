import type { Environment } from '@fairlead/platform';

export interface IngestionSettings {
  /** Intake stops at this many events that Kafka has not yet taken. */
  readonly maxUnpublished: number;
}

export const INGESTION_SETTINGS = Symbol('settings of ingestion');

export function readIngestionSettings(environment: Environment): IngestionSettings {
  return {
    // Half a million events are about a gigabyte of outbox: hours without Kafka at the pace of most vendors, and far from
    // filling the database's disk, which would stop everything instead of intake alone.
    maxUnpublished: environment.integer('FAIRLEAD_MAX_UNPUBLISHED', { default: 500_000, min: 1, max: 100_000_000 }),
  };
}

import type { Environment } from '@fairlead/platform';

export interface RoutingSettings {
  /** How long it can be asked why a lead went where it went. */
  readonly decisionsRetentionMs: number;
}

export const ROUTING_SETTINGS = Symbol('settings of routing');

const DAY_MS = 86_400_000;

export function readRoutingSettings(environment: Environment): RoutingSettings {
  return {
    // Two years: longer than deals take, and than a year is looked back upon. At least a month, in which the last offer of any lead ends.
    decisionsRetentionMs: environment.durationMs('FAIRLEAD_DECISIONS_RETENTION', {
      default: 730 * DAY_MS,
      min: 30 * DAY_MS,
    }),
  };
}

import type { Environment } from '@fairlead/platform';
import { type MailSettings, readMail } from './mail-settings.js';
import { type OutgoingSettings, readOutgoing, readRetryScale } from '@fairlead/platform/outgoing';

/** Injection token of the service's settings. */
export const SETTINGS = Symbol('partner-notification settings');

export interface NotificationSettings extends OutgoingSettings {
  /** Where partners reach the API: answers and receipts are linked from webhooks. Without a slash at the end. */
  readonly publicUrl: string;
  /** How e-mails leave; undefined: they do not, and no endpoint can ask for them. */
  readonly mail: MailSettings | undefined;
  /** Factor on the waits between attempts: tests and demos have no 75 hours. */
  readonly retryScale: number;
  readonly deadlineMs: number;
  /** How long a claim is a sender's own; after that another one sends. */
  readonly leaseMs: number;
  /** What must be left of it, besides the deadline, for a send to begin. */
  readonly leaseMarginMs: number;
  readonly concurrency: number;
  readonly concurrencyPerEndpoint: number;
  /** How long an endpoint may fail, and nothing but fail, before nothing is sent to it any more. */
  readonly disableAfterMs: number;
  /** How long deliveries are listed that are settled. */
  readonly retentionMs: number;
}

const DAY_MS = 86_400_000;
/** What a lease must leave after the deadline: for recording the result, and for a stalled process to wake up in. */
const MAX_LEASE_MARGIN_MS = 5_000;

export function readSettings(environment: Environment): NotificationSettings {
  const deadlineMs = environment.durationMs('FAIRLEAD_WEBHOOK_TIMEOUT', { default: 15_000, min: 100, max: 120_000 });
  const leaseMs = environment.durationMs('FAIRLEAD_WEBHOOK_LEASE', { default: 60_000, min: 1_000, max: 600_000 });
  const leaseMarginMs = Math.min(MAX_LEASE_MARGIN_MS, deadlineMs);
  // As much again for waiting in memory.
  if (leaseMs < deadlineMs + 2 * leaseMarginMs)
    environment.refuse(
      'FAIRLEAD_WEBHOOK_LEASE',
      `must be at least ${deadlineMs + 2 * leaseMarginMs}ms for this FAIRLEAD_WEBHOOK_TIMEOUT`,
    );
  return {
    ...readOutgoing(environment, { showsCertificate: true }),
    publicUrl: environment
      .url('FAIRLEAD_PUBLIC_URL', {
        protocols: ['http', 'https'],
        default: `http://127.0.0.1:${environment.integer('FAIRLEAD_PORT', { default: 8080 })}`,
      })
      .replace(/\/+$/, ''),
    mail: readMail(environment),
    retryScale: readRetryScale(environment),
    deadlineMs,
    leaseMs,
    leaseMarginMs,
    concurrency: environment.integer('FAIRLEAD_WEBHOOK_CONCURRENCY', { default: 1_024, min: 1, max: 10_000 }),
    concurrencyPerEndpoint: environment.integer('FAIRLEAD_WEBHOOK_CONCURRENCY_PER_ENDPOINT', {
      default: 32,
      min: 1,
      max: 1_000,
    }),
    // Five days: longer than the 75 hours in which one delivery is tried, and than any weekend with a holiday at either end.
    disableAfterMs: environment.durationMs('FAIRLEAD_WEBHOOK_DISABLE_AFTER', {
      default: 5 * DAY_MS,
      min: 1_000,
      max: 90 * DAY_MS,
    }),
    // Three months: a quarter can be looked back upon. At least a week, which is twice what the last attempt of any takes.
    retentionMs: environment.durationMs('FAIRLEAD_DELIVERIES_RETENTION', { default: 90 * DAY_MS, min: 7 * DAY_MS }),
  };
}

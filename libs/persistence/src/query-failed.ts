import { QueryFailedError } from 'typeorm';
import { type DriverError, driverErrorWithoutValues } from './without-values.js';

/** What TypeORM threw, without the values it repeats. */
export function withoutValues(error: unknown): unknown {
  return error instanceof QueryFailedError ? driverErrorWithoutValues(error.driverError as DriverError) : error;
}

/**
 * Class 08: connection; 57P: server shutting down or starting; 53: out of connections, memory or disk; 40: try the transaction
 * again; 25006: connected to a standby, as after a failover; 25P03: the session was ended because we had stalled.
 */
const TRANSIENT_CLASSES = ['08', '57P', '53', '40', '25006', '25P03'];
const TRANSIENT_SOCKET_ERRORS = [
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
];
const TRANSIENT_MESSAGES =
  /Connection terminated|timeout (exceeded )?when trying to connect|Client has encountered a connection error|not queryable|server closed the connection|Connection ended|Driver not Connected|already released|released already|Query read timeout/i;

/**
 * Whether trying again later can help although nothing about the work changes: the database is away, restarting, out of
 * room, or chose this transaction as a deadlock's victim. Nobody's message is to blame for these.
 */
export function isTransient(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as DriverError;
  if (code !== undefined) {
    if (TRANSIENT_SOCKET_ERRORS.includes(code)) return true;
    if (/^[0-9A-Z]{5}$/.test(code)) return TRANSIENT_CLASSES.some((each) => code.startsWith(each));
  }
  if (error instanceof AggregateError && error.errors.some(isTransient)) return true;
  if (TRANSIENT_MESSAGES.test(error.message)) return true;
  return error.cause !== undefined && isTransient(error.cause);
}

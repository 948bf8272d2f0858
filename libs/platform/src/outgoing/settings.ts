import type { Environment } from '../environment.js';
import { AddressGuard } from './address-guard.js';

/** Which private networks may be called: the same for everything that leaves, wherever it goes. */
export function readAddressGuard(environment: Environment): AddressGuard {
  const allow = environment.list('FAIRLEAD_WEBHOOK_ALLOW', { default: [] });
  try {
    return new AddressGuard(allow);
  } catch {
    environment.refuse('FAIRLEAD_WEBHOOK_ALLOW', 'must be networks such as 10.20.0.0/16, separated by commas');
    return new AddressGuard([]);
  }
}

/** Factor on the waits between attempts, of whatever is tried again: tests and demos have no days. */
export function readRetryScale(environment: Environment): number {
  const scale = Number(
    environment.text('FAIRLEAD_WEBHOOK_RETRY_SCALE', {
      default: '1',
      pattern: /^\d{1,3}(\.\d{1,6})?$/,
      shape: 'a number such as 0.001',
    }),
  );
  return Number.isFinite(scale) ? scale : 1;
}

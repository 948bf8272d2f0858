import type { ServiceDefinition } from '@fairlead/platform';

/** Loaded one by one: a container that runs one service need not hold the code of the others. */
const services: Readonly<Record<string, () => Promise<ServiceDefinition>>> = {
  ingestion: async () => (await import('@fairlead/ingestion')).ingestion,
  scoring: async () => (await import('@fairlead/scoring')).scoring,
  routing: async () => (await import('@fairlead/routing')).routing,
  'partner-notification': async () => (await import('@fairlead/partner-notification')).partnerNotification,
  'outcome-tracking': async () => (await import('@fairlead/outcome-tracking')).outcomeTracking,
  audit: async () => (await import('@fairlead/audit')).audit,
  console: async () => (await import('@fairlead/console')).console,
};

/** In the order of a lead's road. */
export const serviceNames: readonly string[] = Object.keys(services);

export function loadServices(names: readonly string[]): Promise<ServiceDefinition[]> {
  return Promise.all(
    names.map((name) => {
      const load = services[name];
      if (!load) throw new RangeError(`not a service: ${name}`);
      return load();
    }),
  );
}

import type { PolicyActivated } from '@fairlead/events';
import { policyOf, type Promised, promisesOf, readPolicy } from '@fairlead/decisions/replay';

/** What the policy promises; undefined for one that cannot be read. */
export function promisesIn({ data }: PolicyActivated): Promised[] | undefined {
  const policy = readPolicy(data.policy);
  return policy.ok ? promisesOf(policyOf(policy.document, data.version)) : undefined;
}

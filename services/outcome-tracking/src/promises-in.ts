import type { PolicyActivated } from '@fairlead/events';
import { type Promised, promisesOf } from '@fairlead/decisions/fold';

/** What the policy promises; undefined for one that cannot be read. */
export function promisesIn({ data }: PolicyActivated): Promised[] | undefined {
  return promisesOf(data.policy, data.version);
}

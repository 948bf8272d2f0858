import { policyOf, readPolicy, type ReminderRules, type ReturnRule } from '@fairlead/decisions';
import type { PolicyActivated } from '@fairlead/events';

/** What a pool says of leads after they were offered. */
export interface PoolRules extends ReminderRules {
  /** Undefined: a returned lead is closed. */
  readonly returned?: ReturnRule | undefined;
}

export interface KeptRules {
  /** name@version */
  readonly policy: string;
  readonly pool: string;
  readonly rules: PoolRules;
}

/** Of each of its pools, and of one that says nothing that it says nothing; of a policy that cannot be read, none. */
export function rulesIn({ data }: PolicyActivated): KeptRules[] {
  const reading = readPolicy(data.policy);
  if (!reading.ok) return [];
  const { name, version, pools } = policyOf(reading.document, data.version);
  return pools.map(({ id: pool, offer: { remindWithMsLeft }, followUp, returned }) => ({
    policy: `${name}@${version}`,
    pool,
    rules: {
      ...(remindWithMsLeft !== undefined && { remindWithMsLeft }),
      ...(followUp && { followUp }),
      ...(returned && { returned }),
    },
  }));
}

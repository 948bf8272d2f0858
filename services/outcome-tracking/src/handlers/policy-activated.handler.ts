import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PolicyActivated } from '@fairlead/events';
import { consumerId, Unprocessable, type UnitOfWork } from '@fairlead/messaging';
import { promisesIn } from '../promises-in.js';
import { rulesIn } from '../rules-in.js';
import { PoolRulesStore } from '../store/pool-rules.store.js';
import { PromisesStore } from '../store/promises.store.js';
import { WatchedLeadsStore } from '../store/watched-leads.store.js';

/** policy.activated → what was promised, to hold the figures against, and what is to become of leads that were offered. */
@Controller()
export class PolicyActivatedHandler {
  constructor(
    private readonly promises: PromisesStore,
    private readonly rules: PoolRulesStore,
    private readonly watched: WatchedLeadsStore,
  ) {}

  @EventPattern<string>(PolicyActivated.type, consumerId('outcome-tracking'))
  async note(@Payload() policies: readonly PolicyActivated[], @Ctx() unit: UnitOfWork): Promise<void> {
    const promises = policies.flatMap((policy) => {
      const promised = promisesIn(policy);
      if (!promised) throw new Unprocessable('unreadable-policy');
      return promised;
    });
    await this.promises.add(unit, promises);
    const rules = policies.flatMap(rulesIn);
    await this.rules.add(unit, rules);
    for (const { rules: said, ...pool } of rules)
      if (said.remindWithMsLeft !== undefined) await this.watched.watchOffers(unit, pool, said.remindWithMsLeft);
  }
}

import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PolicyActivated } from '@fairlead/events';
import { policyOf, type Promised, promisesOf, readPolicy } from '@fairlead/decisions';
import { consumerId, Unprocessable, type UnitOfWork } from '@fairlead/messaging';
import { PromisesStore } from '../store/promises.store.js';

/** policy.activated → what was promised, to hold the figures against. */
@Controller()
export class PolicyActivatedHandler {
  constructor(private readonly promises: PromisesStore) {}

  @EventPattern<string>(PolicyActivated.type, consumerId('outcome-tracking'))
  async note(@Payload() policies: readonly PolicyActivated[], @Ctx() unit: UnitOfWork): Promise<void> {
    await this.promises.add(unit, policies.flatMap(promisesIn));
  }
}

function promisesIn({ data }: PolicyActivated): Promised[] {
  const policy = readPolicy(data.policy);
  if (!policy.ok) throw new Unprocessable('unreadable-policy');
  return promisesOf(policyOf(policy.document, data.version));
}

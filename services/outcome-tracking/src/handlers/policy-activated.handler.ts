import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { PolicyActivated } from '@fairlead/events';
import { consumerId, Unprocessable, type UnitOfWork } from '@fairlead/messaging';
import { promisesIn } from '../promises-in.js';
import { PromisesStore } from '../store/promises.store.js';

/** policy.activated → what was promised, to hold the figures against. */
@Controller()
export class PolicyActivatedHandler {
  constructor(private readonly promises: PromisesStore) {}

  @EventPattern<string>(PolicyActivated.type, consumerId('outcome-tracking'))
  async note(@Payload() policies: readonly PolicyActivated[], @Ctx() unit: UnitOfWork): Promise<void> {
    const promises = policies.flatMap((policy) => {
      const promised = promisesIn(policy);
      if (!promised) throw new Unprocessable('unreadable-policy');
      return promised;
    });
    await this.promises.add(unit, promises);
  }
}

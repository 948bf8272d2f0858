import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { readPolicy } from '@fairlead/decisions';
import { PolicyActivated } from '@fairlead/events';
import { consumerId, Unprocessable, type UnitOfWork } from '@fairlead/messaging';
import { ActivePolicyStore } from '../store/active-policy.store.js';

/** policy.activated → what leads must have from now on */
@Controller()
export class PolicyActivatedHandler {
  constructor(private readonly policies: ActivePolicyStore) {}

  /** One after the other: the last of a batch may have come out of the parking place, and put nothing aside. They are few. */
  @EventPattern<string>(PolicyActivated.type, consumerId('ingestion'))
  async activate(@Payload() activations: readonly PolicyActivated[], @Ctx() unit: UnitOfWork): Promise<void> {
    if (!activations.every(({ data }) => readPolicy(data.policy).ok)) throw new Unprocessable('policy-not-understood');
    for (const { data, time } of activations)
      await this.policies.activate(unit, { ...data, document: data.policy, time });
  }
}

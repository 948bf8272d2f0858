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

  /** Control events come in one total order, so the last of a batch is the one that is active. */
  @EventPattern<string>(PolicyActivated.type, consumerId('ingestion'))
  async activate(@Payload() activations: readonly PolicyActivated[], @Ctx() unit: UnitOfWork): Promise<void> {
    if (!activations.every(({ data }) => readPolicy(data.policy).ok)) throw new Unprocessable('policy-not-understood');
    const last = activations.at(-1);
    if (last) await this.policies.activate(unit, { ...last.data, document: last.data.policy, time: last.time });
  }
}

import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { defaultPolicy } from '@fairlead/decisions';
import { encodeEvent, type EncodedEvent, PolicyActivated } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { PoliciesStore, type StoredPolicy } from '../store/policies.store.js';

/** The first start → policy.activated: leads are routed from the first one on, under a policy that is said to be the default. */
@Injectable()
export class FirstPolicy implements OnApplicationBootstrap {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.policies.hasActive(this.units.query)) return;
    await this.units.run(async (unit) => {
      // The lock that `add` takes makes processes that start together wait; the second one then finds it done.
      const { stored } = await this.policies.add(unit.query, defaultPolicy, { by: 'fairlead', now: unit.now });
      if (await this.policies.hasActive(unit.query)) return;
      await this.policies.activate(unit.query, stored, { by: 'fairlead', now: unit.now });
      unit.say([activated(stored, { actor: 'fairlead' }, unit.now)]);
    });
  }
}

/** @param id  derived from what it follows from, where it must be said once however often it is tried */
export function activated(
  { name, version, hash, document }: StoredPolicy,
  by: { readonly actor: string; readonly approvedBy?: string | undefined },
  now: number,
  id: string = randomUUID(),
): EncodedEvent {
  return encodeEvent(PolicyActivated, {
    id,
    source: '/routing',
    subject: name,
    time: now,
    data: {
      ...{ name, version, hash, policy: document, actor: by.actor },
      ...(by.approvedBy !== undefined && { approvedBy: by.approvedBy }),
    },
  });
}

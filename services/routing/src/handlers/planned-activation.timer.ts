import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { derivedId, PolicyActivated } from '@fairlead/events';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { ActivationsStore } from '../store/activations.store.js';
import { PoliciesStore } from '../store/policies.store.js';
import { ProposalsStore } from '../store/proposals.store.js';
import { activated } from './first-policy.js';

/** Twice a second: a policy is then in force half a second after its time, and an idle system pays one index look. */
const EVERY_MS = 500;

/** The clock → policy.activated. Plans are in the table, so they survive restarts, and any process may carry them out. */
@Injectable()
export class PlannedActivationTimer implements OnApplicationBootstrap, OnApplicationShutdown {
  private readonly logger = new Logger('routing/planned-activations');
  private readonly clock = new Clock({
    everyMs: EVERY_MS,
    look: async (stopping) => {
      while (!stopping() && (await this.activations.anyDue(this.units.query)) && (await this.carryOutFirst()));
    },
    onFailure: (error, isFirst) => {
      if (isFirst) this.logger.warn({ event: 'planned-activation.failed', error });
    },
  });

  constructor(
    private readonly units: UnitsOfWork,
    private readonly policies: PoliciesStore,
    private readonly activations: ActivationsStore,
    private readonly proposals: ProposalsStore,
  ) {}

  onApplicationBootstrap(): void {
    this.clock.start();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.clock.stop();
  }

  /** @returns whether there was one */
  private async carryOutFirst(): Promise<boolean> {
    return this.units.run(async (unit) => {
      // Before the plan: whoever approves one that says the same comes to both in this order, too.
      await this.proposals.lock(unit.query);
      const plan = await this.activations.lockDue(unit.query);
      const policy = plan && (await this.policies.find(unit.query, plan.policy, plan.version));
      if (!plan || !policy) return false;
      // By this machine's clock it may not be quite time yet; nothing is dated before it was to be.
      const now = Math.max(unit.now, plan.at.getTime());
      // Planned by one person before it took two: it waits for the second, and what is in force stays. That it stays is nothing to approve.
      const alone = !policy.active && plan.approvedBy === null;
      if (alone && (await this.proposals.needsTwo(unit.query, policy.name))) {
        const by = { proposedBy: plan.by, openedBy: plan.openedBy };
        const wanted = { id: plan.id, policy: policy.name, version: policy.version, at: null, ...by };
        await this.proposals.propose(unit.query, wanted, now);
        await this.activations.cancel(unit.query, { policy: policy.name, id: plan.id }, { by: 'fairlead', now });
        return true;
      }
      const by = { by: plan.by, approvedBy: plan.approvedBy ?? undefined };
      const changed = await this.policies.activate(unit.query, policy, { ...by, now, plan: plan.id });
      await this.activations.done(unit.query, plan.id, { by: 'fairlead', now });
      if (changed)
        unit.say([
          activated(
            policy,
            { actor: plan.by, approvedBy: by.approvedBy },
            now,
            derivedId(plan.id, PolicyActivated.type),
          ),
        ]);
      return true;
    });
  }
}

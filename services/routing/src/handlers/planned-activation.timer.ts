import { Injectable, Logger, type OnApplicationBootstrap, type OnApplicationShutdown } from '@nestjs/common';
import { derivedId, PolicyActivated } from '@fairlead/events';
import { Clock, UnitsOfWork } from '@fairlead/messaging';
import { ActivationsStore } from '../store/activations.store.js';
import { PoliciesStore } from '../store/policies.store.js';
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
      const plan = await this.activations.lockDue(unit.query);
      const policy = plan && (await this.policies.find(unit.query, plan.policy, plan.version));
      if (!plan || !policy) return false;
      // By this machine's clock it may not be quite time yet; nothing is dated before it was to be.
      const now = Math.max(unit.now, plan.at.getTime());
      const changed = await this.policies.activate(unit.query, policy, { by: plan.by, now, plan: plan.id });
      await this.activations.done(unit.query, plan.id, { by: 'fairlead', now });
      if (changed) unit.say([activated(policy, plan.by, now, derivedId(plan.id, PolicyActivated.type))]);
      return true;
    });
  }
}

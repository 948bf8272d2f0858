import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { defaultModel } from '@fairlead/decisions';
import { encodeEvent, type EncodedEvent, ModelActivated } from '@fairlead/events';
import { UnitsOfWork } from '@fairlead/messaging';
import { ModelsStore, type StoredModel } from '../store/models.store.js';

/** The first start → model.activated: leads are scored from the first one on, with a model that is said to be the default. */
@Injectable()
export class FirstModel implements OnApplicationBootstrap {
  constructor(
    private readonly units: UnitsOfWork,
    private readonly models: ModelsStore,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (await this.models.hasActive(this.units.query)) return;
    await this.units.run(async (unit) => {
      // The lock that `add` takes makes processes that start together wait; the second one then finds it done.
      const { stored } = await this.models.add(unit.query, defaultModel, { by: 'fairlead', now: unit.now });
      if (await this.models.hasActive(unit.query)) return;
      await this.models.activate(unit.query, stored);
      unit.say([activated(stored, 'fairlead', unit.now)]);
    });
  }
}

export function activated({ name, version, hash, document }: StoredModel, actor: string, now: number): EncodedEvent {
  return encodeEvent(ModelActivated, {
    id: randomUUID(),
    source: '/scoring',
    subject: name,
    time: now,
    data: { name, version, hash, model: document, actor },
  });
}

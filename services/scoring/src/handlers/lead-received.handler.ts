import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { scorable } from '@fairlead/decisions';
import { LeadReceived } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { scoreLeads } from '../score-leads.js';
import { ModelsStore } from '../store/models.store.js';

/** lead.received → lead.scored, unless the lead is held: then lead.completed will come. */
@Controller()
export class LeadReceivedHandler {
  constructor(private readonly models: ModelsStore) {}

  @EventPattern<string>(LeadReceived.type, consumerId('scoring'))
  async score(@Payload() leads: readonly LeadReceived[], @Ctx() unit: UnitOfWork): Promise<void> {
    const complete = leads.flatMap((cause) => {
      const ready = scorable(cause);
      return ready ? [{ cause, scorable: ready }] : [];
    });
    await scoreLeads(complete, this.models, unit);
  }
}

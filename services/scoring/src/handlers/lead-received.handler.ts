import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { LeadReceived } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { scored } from '../score-leads.js';
import { ModelsStore } from '../store/models.store.js';

/** lead.received → lead.scored, unless the lead is held: then lead.completed will come. */
@Controller()
export class LeadReceivedHandler {
  constructor(private readonly models: ModelsStore) {}

  @EventPattern<string>(LeadReceived.type, consumerId('scoring'))
  async score(@Payload() leads: readonly LeadReceived[], @Ctx() unit: UnitOfWork): Promise<void> {
    const complete = leads.filter(({ data }) => data.state === 'complete');
    if (complete.length === 0) return;
    const model = await this.models.active(unit.query);
    // What ingestion takes for complete is complete; whatever else the model would have liked to know, it names itself.
    unit.say(complete.map((lead) => scored(lead, [], model, unit.now)));
  }
}

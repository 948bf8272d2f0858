import { Controller } from '@nestjs/common';
import { Ctx, EventPattern, Payload } from '@nestjs/microservices';
import { scorable } from '@fairlead/decisions';
import { LeadCompleted } from '@fairlead/events';
import { consumerId, type UnitOfWork } from '@fairlead/messaging';
import { scoreLeads } from '../score-leads.js';
import { ModelsStore } from '../store/models.store.js';

/** lead.completed → lead.scored: graded when all came in, incomplete when the time for it ran out. */
@Controller()
export class LeadCompletedHandler {
  constructor(private readonly models: ModelsStore) {}

  @EventPattern<string>(LeadCompleted.type, consumerId('scoring'))
  async score(@Payload() leads: readonly LeadCompleted[], @Ctx() unit: UnitOfWork): Promise<void> {
    const completed = leads.flatMap((cause) => {
      const ready = scorable(cause);
      return ready ? [{ cause, scorable: ready }] : [];
    });
    await scoreLeads(completed, this.models, unit);
  }
}
